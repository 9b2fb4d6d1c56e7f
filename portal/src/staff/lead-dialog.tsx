import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { Link } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount } from "../components/amounts";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { Dialog } from "../components/dialog";
import { EmptyState } from "../components/empty-state";
import { Skeleton } from "../components/skeleton";
import { StatusBadge } from "../components/status-badge";
import { leadStatusLabel } from "../format/labels";
import { LeadDetailDocument, type LeadDetailQuery } from "../gql/graphql";
import { useOpenItem } from "../hooks/url-state";
import css from "../partners/details.module.css";
import { PartnerItem } from "../partners/partner-item";
import { useCanErasePersons, useCanManagePartners, useSession } from "../sign-in/session";
import { AdvanceLeadDialog } from "./advance-lead-dialog";
import { ErasePersonDialog } from "./erase-person-dialog";

export type LeadDetail = NonNullable<LeadDetailQuery["referralLead"]>;

interface Props {
  /** Called with a message for the user after the lead has advanced. */
  readonly onSuccess: (message: string) => void;
}

/** The details of the lead in the URL, with those that may be the same, and a button that moves it on. */
export function LeadDialog({ onSuccess }: Props) {
  const { id, close } = useOpenItem("lead");
  if (!id) return null;
  return (
    <Dialog title={t`Lead`} variant="drawer" onClose={close}>
      <LeadLoader key={id} id={id} onSuccess={onSuccess} />
    </Dialog>
  );
}

function LeadLoader({ id, onSuccess }: Props & { readonly id: string }) {
  const { data, error, isLoading, refetch } = useApiQuery(LeadDetailDocument, { id });
  if (data?.referralLead) {
    return (
      <LeadDetails
        lead={data.referralLead}
        onSuccess={(message) => {
          refetch();
          onSuccess(message);
        }}
      />
    );
  }
  if (error) return <ErrorAlert error={error} onRetry={refetch} />;
  return isLoading ? <Skeleton width="long" /> : <EmptyState><Trans>Lead not found.</Trans></EmptyState>;
}

function LeadDetails({ lead, onSuccess }: Props & { readonly lead: LeadDetail }) {
  const canManage = useCanManagePartners();
  const canErase = useCanErasePersons();
  const [isAdvancing, setIsAdvancing] = useState(false);
  const [isErasing, setIsErasing] = useState(false);
  return (
    <>
      <div className={css.total}>
        <strong>
          <bdi>{lead.companyName ?? lead.contactName}</bdi>
        </strong>
        <StatusBadge {...leadStatusLabel(lead.status)} />
      </div>
      {(canManage || canErase) && (
        <div className="buttons">
          {canManage && (
            <button className="button-primary" type="button" onClick={() => setIsAdvancing(true)}>
              <Trans>Change status…</Trans>
            </button>
          )}
          {canErase && (
            <button className="button" type="button" onClick={() => setIsErasing(true)}>
              <Trans>Erase person…</Trans>
            </button>
          )}
        </div>
      )}
      {!canManage && <p className="muted"><Trans>Support and admins decide on leads.</Trans></p>}
      <Properties lead={lead} />
      <PossibleDuplicates leads={lead.possibleDuplicates} />
      {isErasing && (
        <ErasePersonDialog
          person={{ referralLeadId: lead.id }}
          name={lead.contactName}
          explanation={t`The company, the contact, where they met and the notes of this lead are replaced by “erased”.`}
          onClose={() => setIsErasing(false)}
          onSuccess={(message) => {
            setIsErasing(false);
            onSuccess(message);
          }}
        />
      )}
      {isAdvancing && (
        <AdvanceLeadDialog
          lead={lead}
          onClose={() => setIsAdvancing(false)}
          onSuccess={(message) => {
            setIsAdvancing(false);
            onSuccess(message);
          }}
        />
      )}
    </>
  );
}

function Properties({ lead }: { readonly lead: LeadDetail }) {
  const { calendar } = useSession();
  const times = [
    { term: t`Submitted`, at: lead.submittedAt },
    { term: t`First contact`, at: lead.firstContactAt },
    { term: t`Qualified`, at: lead.qualifiedAt },
    { term: t`Converted`, at: lead.convertedAt },
  ];
  const texts = [
    { term: t`Contact`, text: lead.contactName },
    { term: t`E-mail`, text: lead.contactEmail },
    { term: t`Phone`, text: lead.contactPhone },
    { term: t`Customer`, text: lead.convertedCustomerId },
    { term: t`Where they met`, text: lead.source },
    { term: t`Notes`, text: lead.notes },
  ];
  return (
    <section aria-label={t`Properties`}>
      <DescriptionList>
        <PartnerItem partner={lead.partner} />
        {texts.map(
          ({ term, text }) =>
            text && (
              <DescriptionItem key={term} term={term}>
                <bdi>{text}</bdi>
              </DescriptionItem>
            ),
        )}
        {lead.estimatedValue && (
          <DescriptionItem term={t`Estimated value`}>
            <Amount value={lead.estimatedValue} />
          </DescriptionItem>
        )}
        {lead.actualValue && (
          <DescriptionItem term={t`Actual value`}>
            <Amount value={lead.actualValue} />
          </DescriptionItem>
        )}
        {times.map(
          ({ term, at }) =>
            at && (
              <DescriptionItem key={term} term={term}>
                {calendar.formatDateTime(at)}
              </DescriptionItem>
            ),
        )}
      </DescriptionList>
    </section>
  );
}

function PossibleDuplicates({ leads }: { readonly leads: LeadDetail["possibleDuplicates"] }) {
  const { calendar } = useSession();
  const { linkTo } = useOpenItem("lead");
  if (leads.length === 0) return null;
  return (
    <section aria-label={t`Possible duplicates`}>
      <h3><Trans>Possible duplicates</Trans></h3>
      <p className="muted">
        <Trans>
          Leads with the same e-mail address or company. The first one submitted usually counts; set the status of the others to
          “{leadStatusLabel("INVALID").label}”.
        </Trans>
      </p>
      <ul className={css.list}>
        {leads.map(({ id, companyName, contactName, partner, status, submittedAt }) => (
          <li key={id}>
            <Link {...linkTo(id)}>{calendar.formatDateTime(submittedAt)}</Link>
            <span>
              <bdi>{companyName ?? contactName}</bdi>, <bdi>{partner.companyName}</bdi>
            </span>
            <StatusBadge {...leadStatusLabel(status)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

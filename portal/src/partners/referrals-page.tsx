import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount, EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { StatusFilter } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { useToast } from "../components/toasts";
import { LEAD_STATUSES, leadStatusLabel } from "../format/labels";
import { type LeadRowFragment, ReferralsPageDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs, useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { PartnerSelect, usePartnerId } from "./partner-layout";
import { ReferralFunnel, ReferralStats } from "./referral-funnel";
import { SubmitLeadDialog } from "./submit-lead-dialog";

/** The leads of a partner, their conversion, and a form for a new lead. */
export function ReferralsPage() {
  useDocumentTitle(t`Referrals`);
  const partnerId = usePartnerId();
  const { viewer } = useSession();
  const { params } = useUrlState();
  const status = LEAD_STATUSES.find((status) => status === params.get("status"));
  const variables = { partnerId, filter: status ? { status: [status] } : null, ...usePageArgs(50) };
  const { data, error, isLoading, refetch } = useApiQuery(ReferralsPageDocument, variables);
  const [isFormOpen, setIsFormOpen] = useState(false);
  const showToast = useToast();
  const partner = data?.partner;
  const canSubmit = !["finance", "auditor"].includes(viewer.role);
  return (
    <>
      <PageHeader
        title={t`Referrals`}
        lead={t`Submit leads and follow their progress`}
        actions={
          <>
            <PartnerSelect />
            {canSubmit && (
              <button className="button-primary" type="button" disabled={!partner} onClick={() => setIsFormOpen(true)}>
                <Trans>Submit a lead</Trans>
              </button>
            )}
          </>
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !partner) && (
        <>
          <Section title={t`Conversion`} lead={t`Leads that reached each stage, and the median time since submission`}>
            <div className="stack">
              <ReferralStats stats={partner?.dashboard} />
              <ReferralFunnel stages={partner?.referralFunnel} />
            </div>
          </Section>
          <Section title={t`Leads`} actions={<StatusFilter statuses={LEAD_STATUSES} labelOf={leadStatusLabel} />}>
            <LeadsTable leads={partner?.referralLeads.nodes} isLoading={isLoading} isFiltered={status !== undefined} />
            {partner && (
              <Pagination
                noun="lead"
                totalCount={partner.referralLeads.totalCount}
                pageInfo={partner.referralLeads.pageInfo}
                files={partner.referralLeads}
              />
            )}
          </Section>
        </>
      )}
      {isFormOpen && partner && (
        <SubmitLeadDialog
          partnerId={partnerId}
          currency={partner.payoutCurrency}
          onClose={() => setIsFormOpen(false)}
          onSubmitted={(name) => {
            setIsFormOpen(false);
            showToast(
              <>
                <Trans>
                  Thank you: <bdi>{name}</bdi> was submitted. You can follow its progress here.
                </Trans>
              </>,
            );
          }}
        />
      )}
    </>
  );
}

interface TableProps {
  readonly leads: readonly LeadRowFragment[] | undefined;
  readonly isLoading: boolean;
  readonly isFiltered: boolean;
}

function LeadsTable({ leads, isLoading, isFiltered }: TableProps) {
  const { calendar } = useSession();
  if (leads?.length === 0 && !isLoading) {
    return <EmptyState>{isFiltered ? t`No leads match these filters.` : t`No leads yet.`}</EmptyState>;
  }
  const columns: readonly Column<LeadRowFragment>[] = [
    { header: t`Submitted`, cell: ({ submittedAt }) => calendar.formatDate(submittedAt) },
    {
      header: t`Lead`,
      cell: ({ companyName, contactName }) => (
        <>
          <bdi>{companyName ?? contactName}</bdi>
          {companyName && (
            <div className="muted">
              <bdi>{contactName}</bdi>
            </div>
          )}
        </>
      ),
    },
    {
      header: t`Contact`,
      cell: ({ contactEmail, contactPhone }) => (
        <>
          <bdi>{contactEmail}</bdi>
          {contactPhone && (
            <div className="muted">
              <bdi>{contactPhone}</bdi>
            </div>
          )}
        </>
      ),
    },
    {
      header: t`Estimated value`,
      isNumber: true,
      cell: ({ estimatedValue }) => (estimatedValue ? <Amount value={estimatedValue} /> : <EmptyValue />),
    },
    {
      header: t`Actual value`,
      isNumber: true,
      cell: ({ actualValue }) => (actualValue ? <Amount value={actualValue} /> : <EmptyValue />),
    },
    {
      header: t`Status`,
      cell: ({ status, convertedAt, qualifiedAt, firstContactAt }) => {
        const reachedAt = { CONVERTED: convertedAt, QUALIFIED: qualifiedAt, CONTACTED: firstContactAt }[status as string];
        return (
          <>
            <StatusBadge {...leadStatusLabel(status)} />
            {reachedAt && <div className="muted">{calendar.formatDate(reachedAt)}</div>}
          </>
        );
      },
    },
  ];
  return <Table caption={t`Leads`} columns={columns} rows={leads} isLoading={isLoading} />;
}

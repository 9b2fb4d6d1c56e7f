import { useState } from "react";
import { useLoaded } from "../api";
import { type LeadRowFragment, ReferralsPageDocument } from "../gql/graphql";
import { LEAD_STATUSES, leadStatus } from "../format/words";
import { useAddress, usePage } from "../parts/address";
import { Amount, Badge, None } from "../parts/figures";
import { StatusField } from "../parts/fields";
import { Done, Empty, TroubleNotice } from "../parts/notice";
import { Pager } from "../parts/pager";
import { Heading, Section } from "../parts/section";
import { type Column, Table } from "../parts/table";
import { useTitle } from "../parts/title";
import { useSession } from "../sign-in/session";
import { PartnerChoice, usePartner } from "./frame";
import { Funnel, ReferralFigures } from "./funnel";
import { LeadForm } from "./lead-form";

/** The leads of a partner: how many, how far they came, and a form for another. */
export function Referrals() {
  useTitle("Referrals");
  const partnerId = usePartner();
  const { viewer } = useSession();
  const { search } = useAddress();
  const status = LEAD_STATUSES.find((status) => status === search.get("status"));
  const variables = { partnerId, filter: status ? { status: [status] } : null, ...usePage(50) };
  const { data, trouble, isLoading, reload } = useLoaded(ReferralsPageDocument, variables);
  const [isWriting, setIsWriting] = useState(false);
  const [submitted, setSubmitted] = useState<string | null>(null);
  const partner = data?.partner;
  const maySubmit = !["finance", "auditor"].includes(viewer.role);
  return (
    <>
      <Heading
        title="Referrals"
        lead="Tell us of possible customers, and see what became of them"
        actions={
          <>
            <PartnerChoice name={partner?.companyName} />
            {maySubmit && partner && (
              <button className="strong" type="button" onClick={() => setIsWriting(true)}>
                Submit a lead
              </button>
            )}
          </>
        }
      />
      {submitted && <Done>Thank you: {submitted} is submitted. You will see here how far it comes.</Done>}
      {trouble && <TroubleNotice trouble={trouble} onRetry={reload} />}
      {!(trouble && !partner) && (
        <>
          <Section title="Conversion" lead="How far leads came, and how long it took them from submission">
            <div className="stack">
              <ReferralFigures figures={partner?.dashboard} />
              <Funnel stages={partner?.referralFunnel} />
            </div>
          </Section>
          <Section
            title="Leads"
            actions={
              <StatusField statuses={LEAD_STATUSES} wordOf={leadStatus} />
            }
          >
            <LeadsTable leads={partner?.referralLeads.nodes} isLoading={isLoading} isFiltered={status !== undefined} />
            {partner && (
              <Pager
                of="lead"
                totalCount={partner.referralLeads.totalCount}
                pageInfo={partner.referralLeads.pageInfo}
              />
            )}
          </Section>
        </>
      )}
      {isWriting && partner && (
        <LeadForm
          partnerId={partnerId}
          currency={partner.payoutCurrency}
          onClose={() => setIsWriting(false)}
          onDone={(name) => {
            setIsWriting(false);
            setSubmitted(name);
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
  if (leads?.length === 0 && !isLoading) return <Empty>{isFiltered ? "No lead is like that." : "No leads yet."}</Empty>;
  const columns: readonly Column<LeadRowFragment>[] = [
    { header: "Submitted", cell: ({ submittedAt }) => calendar.date(submittedAt) },
    {
      header: "Lead",
      cell: ({ companyName, contactName }) => (
        <>
          {companyName ?? contactName}
          {companyName && <div className="quiet">{contactName}</div>}
        </>
      ),
    },
    {
      header: "Contact",
      cell: ({ contactEmail, contactPhone }) => (
        <>
          {contactEmail}
          {contactPhone && <div className="quiet">{contactPhone}</div>}
        </>
      ),
    },
    { header: "Estimated value", isNumber: true, cell: ({ estimatedValue }) => (estimatedValue ? <Amount of={estimatedValue} /> : <None />) },
    { header: "Actual value", isNumber: true, cell: ({ actualValue }) => (actualValue ? <Amount of={actualValue} /> : <None />) },
    {
      header: "Status",
      cell: ({ status, convertedAt, qualifiedAt, firstContactAt }) => {
        const reached = { CONVERTED: convertedAt, QUALIFIED: qualifiedAt, CONTACTED: firstContactAt }[status as string];
        return (
          <>
            <Badge {...leadStatus(status)} />
            {reached && <div className="quiet">{calendar.date(reached)}</div>}
          </>
        );
      },
    },
  ];
  return <Table caption="Leads" columns={columns} rows={leads} isLoading={isLoading} />;
}

import { Link } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount, EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { FieldRow, StatusFilter } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { useToast } from "../components/toasts";
import { LEAD_STATUSES, leadStatusLabel } from "../format/labels";
import { StaffLeadsDocument, type StaffLeadsQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useOpenItem, usePageArgs, useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { LeadDialog } from "./lead-dialog";
import { PartnerFilter } from "./partner-filter";

type Lead = StaffLeadsQuery["referralLeads"]["nodes"][number];

/** The leads of all partners. A click on a row opens its details. */
export function LeadsPage() {
  useDocumentTitle("Leads");
  const { params } = useUrlState();
  const status = LEAD_STATUSES.find((status) => status === params.get("status"));
  const partnerId = params.get("partnerId");
  const filter = { ...(status && { status: [status] }), ...(partnerId && { partnerId }) };
  const { data, error, isLoading, refetch } = useApiQuery(StaffLeadsDocument, { filter, ...usePageArgs(50) });
  const showToast = useToast();
  const leads = data?.referralLeads;
  const isFiltered = status !== undefined || partnerId !== null;
  return (
    <>
      <PageHeader title="Leads" lead="Leads of all partners, from the first contact to a customer" />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      <Section title="All leads" lead="Latest first">
        <div className="stack">
          <FieldRow>
            <PartnerFilter />
            <StatusFilter statuses={LEAD_STATUSES} labelOf={leadStatusLabel} />
          </FieldRow>
          {leads?.nodes.length === 0 && !isLoading ? (
            <EmptyState>{isFiltered ? "No leads match these filters." : "No leads yet."}</EmptyState>
          ) : (
            !(error && !data) && <LeadsTable leads={leads?.nodes} isLoading={isLoading} />
          )}
          {leads && (
            <Pagination noun="lead" totalCount={leads.totalCount} pageInfo={leads.pageInfo} files={leads} />
          )}
        </div>
      </Section>
      <LeadDialog
        onSuccess={(message) => {
          showToast(message);
          refetch();
        }}
      />
    </>
  );
}

function LeadsTable({ leads, isLoading }: { readonly leads: readonly Lead[] | undefined; readonly isLoading: boolean }) {
  const { calendar } = useSession();
  const { linkTo, open } = useOpenItem("lead");
  const columns: readonly Column<Lead>[] = [
    {
      header: "Submitted",
      isCompact: true,
      cell: ({ id, submittedAt }) => <Link {...linkTo(id)}>{calendar.formatDate(submittedAt)}</Link>,
    },
    { header: "Partner", cell: ({ partner }) => <bdi>{partner.companyName}</bdi> },
    {
      header: "Lead",
      cell: ({ companyName, contactName, contactEmail }) => (
        <>
          <bdi>{companyName ?? contactName}</bdi>
          <div className="muted">
            <bdi>{contactEmail}</bdi>
          </div>
        </>
      ),
    },
    {
      header: "Estimated value",
      isNumber: true,
      cell: ({ estimatedValue }) => (estimatedValue ? <Amount value={estimatedValue} /> : <EmptyValue />),
    },
    { header: "Status", isCompact: true, cell: ({ status }) => <StatusBadge {...leadStatusLabel(status)} /> },
  ];
  return (
    <Table
      caption="Leads"
      columns={columns}
      rows={leads}
      isLoading={isLoading}
      onRowClick={({ id }) => open(id)}
      rowTestId="lead-row"
    />
  );
}

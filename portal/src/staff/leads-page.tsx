import { t } from "@lingui/core/macro";
import { Link } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount, EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { type Column, type Sorting, Table } from "../components/table";
import { useToast } from "../components/toasts";
import { leadStatusLabel } from "../format/labels";
import { StaffLeadsDocument, type StaffLeadsQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useOpenItem, usePageArgs } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { LeadDialog } from "./lead-dialog";
import { ListFilter } from "./list-filter";
import { useListView } from "./list-view";
import { LEADS_VIEW } from "./list-views";
import { SavedViews } from "./saved-views";

type Lead = StaffLeadsQuery["referralLeads"]["nodes"][number];

/** The leads of all partners. A click on a row opens its details. */
export function LeadsPage() {
  useDocumentTitle(t`Leads`);
  const { filter, problem, orderBy, sorting, isFiltered } = useListView(LEADS_VIEW);
  const variables = { filter, orderBy, ...usePageArgs(50) };
  const { data, error, isLoading, refetch } = useApiQuery(StaffLeadsDocument, variables, problem !== null);
  const showToast = useToast();
  const leads = problem === null ? data?.referralLeads : undefined;
  return (
    <>
      <PageHeader title={t`Leads`} lead={t`Leads of all partners, from the first contact to a customer`} />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      <Section title={t`All leads`}>
        <div className="stack">
          <SavedViews view={LEADS_VIEW} />
          <ListFilter view={LEADS_VIEW} />
          {leads?.nodes.length === 0 && !isLoading ? (
            <EmptyState>{isFiltered ? t`No leads match these filters.` : t`No leads yet.`}</EmptyState>
          ) : (
            problem === null &&
            !(error && !data) && <LeadsTable leads={leads?.nodes} isLoading={isLoading} sorting={sorting} />
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

interface TableProps {
  readonly leads: readonly Lead[] | undefined;
  readonly isLoading: boolean;
  readonly sorting: Sorting;
}

function LeadsTable({ leads, isLoading, sorting }: TableProps) {
  const { calendar } = useSession();
  const { linkTo, open } = useOpenItem("lead");
  const columns: readonly Column<Lead>[] = [
    {
      header: t`Submitted`,
      isCompact: true,
      sort: "submitted",
      cell: ({ id, submittedAt }) => <Link {...linkTo(id)}>{calendar.formatDate(submittedAt)}</Link>,
    },
    { header: t`Partner`, cell: ({ partner }) => <bdi>{partner.companyName}</bdi> },
    {
      header: t`Lead`,
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
      header: t`Value`,
      isNumber: true,
      sort: "value",
      cell: ({ actualValue, estimatedValue }) => {
        const value = actualValue ?? estimatedValue;
        return value ? <Amount value={value} /> : <EmptyValue />;
      },
    },
    { header: t`Status`, isCompact: true, cell: ({ status }) => <StatusBadge {...leadStatusLabel(status)} /> },
  ];
  return (
    <Table
      caption={t`Leads`}
      columns={columns}
      rows={leads}
      isLoading={isLoading}
      sorting={sorting}
      onRowClick={({ id }) => open(id)}
      rowTestId="lead-row"
    />
  );
}

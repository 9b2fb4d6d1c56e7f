import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { AmountList } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { FieldRow, StatusFilter, TextField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { enumLabel, PARTNER_STATUSES, partnerStatusLabel } from "../format/labels";
import { StaffPartnersDocument, type StaffPartnersQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { FIRST_PAGE, usePageArgs, useUrlState } from "../hooks/url-state";
import { useCanManagePartners } from "../sign-in/session";
import { PartnerDialog } from "./partner-dialog";

type Partner = StaffPartnersQuery["partners"]["nodes"][number];

const COLUMNS: readonly Column<Partner>[] = [
  {
    header: "Partner",
    cell: ({ id, companyName, partnerNumber }) => (
      <>
        <Link to={`/staff/partners/${id}`}>
          <bdi>{companyName}</bdi>
        </Link>
        <div className="muted">
          <bdi>{partnerNumber}</bdi>
        </div>
      </>
    ),
  },
  { header: "Status", cell: ({ status }) => <StatusBadge {...partnerStatusLabel(status)} /> },
  { header: "Tier", cell: ({ tier }) => enumLabel(tier) },
  {
    header: "Pending",
    isNumber: true,
    cell: ({ balances }) => <AmountList values={balances.map(({ pending }) => pending)} />,
  },
  {
    header: "Approved",
    isNumber: true,
    cell: ({ balances }) => <AmountList values={balances.map(({ approved }) => approved)} />,
  },
  {
    header: "Outstanding",
    isNumber: true,
    cell: ({ balances }) => <AmountList values={balances.map(({ outstanding }) => outstanding)} />,
  },
];

/** All partners of the tenant with their balances. Each links to its page. */
export function PartnersPage() {
  useDocumentTitle("Partners");
  const { params, setParams } = useUrlState();
  const navigate = useNavigate();
  const canManage = useCanManagePartners();
  const [isCreating, setIsCreating] = useState(false);
  const search = params.get("search");
  const status = PARTNER_STATUSES.find((status) => status === params.get("status"));
  const variables = { filter: { ...(search && { search }), ...(status && { status }) }, ...usePageArgs(20) };
  const { data, error, isLoading, refetch } = useApiQuery(StaffPartnersDocument, variables);
  return (
    <>
      <PageHeader
        title="Partners"
        lead="All partners and their balances. Open one to change it."
        actions={
          canManage && (
            <button className="button-primary" type="button" onClick={() => setIsCreating(true)}>
              New partner…
            </button>
          )
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section title="All partners">
          <div className="stack">
            <form role="search" aria-label="Partners" onSubmit={(event) => event.preventDefault()}>
              <FieldRow>
                <TextField
                  label="Name or number"
                  type="search"
                  defaultValue={search ?? ""}
                  onChange={({ target }) => setParams({ ...FIRST_PAGE, search: target.value })}
                />
                <StatusFilter statuses={PARTNER_STATUSES} labelOf={partnerStatusLabel} />
              </FieldRow>
            </form>
            {data?.partners.nodes.length === 0 && !isLoading ? (
              <EmptyState>No partners match this search.</EmptyState>
            ) : (
              <Table caption="Partners" columns={COLUMNS} rows={data?.partners.nodes} isLoading={isLoading} />
            )}
            {data && (
              <Pagination
                noun="partner"
                totalCount={data.partners.totalCount}
                pageInfo={data.partners.pageInfo}
                files={data.partners}
              />
            )}
          </div>
        </Section>
      )}
      {isCreating && (
        <PartnerDialog
          onClose={() => setIsCreating(false)}
          onSuccess={(_, id) => void navigate(`/staff/partners/${id}`)}
        />
      )}
    </>
  );
}

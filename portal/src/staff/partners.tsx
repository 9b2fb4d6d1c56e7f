import { Link } from "react-router";
import { useLoaded } from "../api";
import { StaffPartnersDocument, type StaffPartnersQuery } from "../gql/graphql";
import { partnerStatus, plain } from "../format/words";
import { useAddress, usePage } from "../parts/address";
import { Amounts, Badge } from "../parts/figures";
import { Row, TextField } from "../parts/fields";
import { Empty, TroubleNotice } from "../parts/notice";
import { Pager } from "../parts/pager";
import { Heading, Section } from "../parts/section";
import { type Column, Table } from "../parts/table";
import { useTitle } from "../parts/title";

type Partner = StaffPartnersQuery["partners"]["nodes"][number];

const COLUMNS: readonly Column<Partner>[] = [
  {
    header: "Partner",
    cell: ({ id, companyName, partnerNumber }) => (
      <>
        <Link to={`/partners/revenue?partner=${id}`}>{companyName}</Link>
        <div className="quiet">{partnerNumber}</div>
      </>
    ),
  },
  { header: "Status", cell: ({ status }) => <Badge {...partnerStatus(status)} /> },
  { header: "Tier", cell: ({ tier }) => plain(tier) },
  { header: "Pending", isNumber: true, cell: ({ balances }) => <Amounts of={balances.map(({ pending }) => pending)} /> },
  { header: "Approved", isNumber: true, cell: ({ balances }) => <Amounts of={balances.map(({ approved }) => approved)} /> },
  { header: "Outstanding", isNumber: true, cell: ({ balances }) => <Amounts of={balances.map(({ outstanding }) => outstanding)} /> },
];

/** The tenant's partners, and what they are owed; each leads to what the partner sees. */
export function Partners() {
  useTitle("Partners");
  const { search, change } = useAddress();
  const text = search.get("search");
  const variables = { filter: text ? { search: text } : null, ...usePage(20) };
  const { data, trouble, isLoading, reload } = useLoaded(StaffPartnersDocument, variables);
  return (
    <>
      <Heading title="Partners" lead="What they are owed, and what they see" />
      {trouble && <TroubleNotice trouble={trouble} onRetry={reload} />}
      {!(trouble && !data) && (
        <Section title="All partners">
          <div className="stack">
            <form role="search" aria-label="Partners" onSubmit={(event) => event.preventDefault()}>
              <Row>
                <TextField
                  label="Name or number"
                  type="search"
                  defaultValue={text ?? ""}
                  onChange={({ target }) => change({ search: target.value, after: null, before: null })}
                />
              </Row>
            </form>
            {data?.partners.nodes.length === 0 && !isLoading ? (
              <Empty>No partner is called that.</Empty>
            ) : (
              <Table caption="Partners" columns={COLUMNS} rows={data?.partners.nodes} isLoading={isLoading} />
            )}
            {data && <Pager of="partner" totalCount={data.partners.totalCount} pageInfo={data.partners.pageInfo} />}
          </div>
        </Section>
      )}
    </>
  );
}

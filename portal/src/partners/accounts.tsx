import { useLoaded } from "../api";
import { type AccountRowFragment, ManagedAccountsPageDocument } from "../gql/graphql";
import { rate } from "../format/money";
import { plain } from "../format/words";
import { useAddress, usePage } from "../parts/address";
import { Amounts, Badge, None } from "../parts/figures";
import { SelectField } from "../parts/fields";
import { Empty, TroubleNotice } from "../parts/notice";
import { Pager } from "../parts/pager";
import { Heading, Section } from "../parts/section";
import { type Column, Table } from "../parts/table";
import { useTitle } from "../parts/title";
import { useSession } from "../sign-in/session";
import { PartnerChoice, usePartner } from "./frame";

const SHOWN = { active: { isActive: true }, ended: { isActive: false }, all: null } as const;

/** The customers that a partner earns on, and what it earns. */
export function Accounts() {
  useTitle("Managed accounts");
  const partnerId = usePartner();
  const { search, change } = useAddress();
  const asked = search.get("show") ?? "";
  const shown = asked === "ended" || asked === "all" ? asked : "active";
  const variables = { partnerId, filter: SHOWN[shown], ...usePage(20) };
  const { data, trouble, isLoading, reload } = useLoaded(ManagedAccountsPageDocument, variables);
  const partner = data?.partner;
  const accounts = partner?.managedAccounts;
  const defaultRate = partner?.defaultCommissionRate;
  return (
    <>
      <Heading
        title="Managed accounts"
        lead={defaultRate ? `The default rate is ${rate(defaultRate)}` : "The customers you earn on"}
        actions={<PartnerChoice name={partner?.companyName} />}
      />
      {trouble && <TroubleNotice trouble={trouble} onRetry={reload} />}
      {!(trouble && !accounts) && (
        <Section
          title="Accounts"
          lead="Rate, revenue and commission of each"
          actions={
            <SelectField
              label="Show"
              value={shown}
              onChange={(show) => change({ show: show === "active" ? null : show, after: null, before: null })}
              options={[
                { value: "active", label: "In force" },
                { value: "ended", label: "Ended" },
                { value: "all", label: "All" },
              ]}
            />
          }
        >
          <AccountsTable accounts={accounts?.nodes} isLoading={isLoading} />
          {accounts && <Pager of="account" totalCount={accounts.totalCount} pageInfo={accounts.pageInfo} />}
        </Section>
      )}
    </>
  );
}

interface TableProps {
  readonly accounts: readonly AccountRowFragment[] | undefined;
  readonly isLoading: boolean;
}

/** Managed accounts. */
export function AccountsTable({ accounts, isLoading }: TableProps) {
  const { calendar } = useSession();
  if (accounts?.length === 0 && !isLoading) return <Empty>No managed accounts.</Empty>;
  const columns: readonly Column<AccountRowFragment>[] = [
    {
      header: "Customer",
      cell: ({ customerId, customerName }) => (
        <>
          {customerName ?? customerId}
          {customerName && <div className="quiet">{customerId}</div>}
        </>
      ),
    },
    {
      header: "Since",
      cell: ({ isActive, startsAt, endsAt }) => (
        <>
          {calendar.date(startsAt)}
          {endsAt && <div className="quiet">until {calendar.date(endsAt)}</div>}
          {!isActive && <Badge word="Ended" tone="over" />}
        </>
      ),
    },
    { header: "Engagement", cell: ({ engagementType }) => plain(engagementType) },
    {
      header: "Rate",
      isNumber: true,
      cell: ({ effectiveCommissionRate, customCommissionRate }) =>
        effectiveCommissionRate === null ? (
          <None />
        ) : (
          <>
            {rate(effectiveCommissionRate)}
            {customCommissionRate !== null && <div className="quiet">its own</div>}
          </>
        ),
    },
    { header: "Revenue", isNumber: true, cell: ({ revenueGenerated }) => <Amounts of={revenueGenerated} /> },
    { header: "Commission", isNumber: true, cell: ({ commissionsEarned }) => <Amounts of={commissionsEarned} /> },
  ];
  return <Table caption="Managed accounts" columns={columns} rows={accounts} isLoading={isLoading} />;
}

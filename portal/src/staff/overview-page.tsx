import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount, AmountList, EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { SelectField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { Skeleton } from "../components/skeleton";
import { type Column, Table } from "../components/table";
import { formatMonth, lastDayOfMonth } from "../format/dates";
import { isZero, type Money, totalsByCurrency } from "../format/money";
import { OverviewDocument, type OverviewQuery, type PartnerNameFragment } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { WaitingCards } from "./waiting-cards";

type Overview = OverviewQuery["overview"];
type Balance = Overview["balances"][number];
type Month = Overview["months"][number];

/** The first page of staff: what waits, and the sums of all partners. Each figure links to the list behind it. */
export function OverviewPage() {
  useDocumentTitle(t`Overview`);
  const { calendar } = useSession();
  const { data, error, refetch, asOf } = useLiveQuery(OverviewDocument, {}, 60);
  const overview = data?.overview;
  const lead = overview ? t`All partners, as of ${calendar.formatDateTime(overview.asOf)}` : t`All partners`;
  return (
    <>
      <PageHeader title={t`Overview`} lead={lead} asOf={asOf} />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!overview && !error && <Skeleton width="long" />}
      {overview && (
        <>
          <Section title={t`What waits`} lead={t`Open one to work on it`}>
            <WaitingCards counts={overview.workQueue} />
          </Section>
          <Section
            title={t`Balances`}
            lead={t`The sums of all partners, per currency: pending, approved, in transit and paid add up to what was earned. What some partners owe is deducted.`}
          >
            <Balances balances={overview.balances} />
          </Section>
          <Months balances={overview.balances} months={overview.months} />
          <div className="columns">
            <Section title={t`Largest debts`} lead={t`Deducted from the partners’ next payouts`}>
              <Ranking
                caption={t`Largest debts`}
                amountHeader={t`Debt`}
                rows={overview.largestDebts.map(({ partner, amount }) => ({ partner, amount }))}
                empty={t`No partner has a negative balance.`}
              />
            </Section>
            <Section title={t`Largest earners`} lead={t`Commissions of the last 12 months`}>
              <Ranking
                caption={t`Largest earners`}
                amountHeader={t`Earned`}
                rows={overview.largestEarners.map(({ partner, commissions }) => ({ partner, amount: commissions }))}
                empty={t`No commissions in the last 12 months.`}
              />
            </Section>
          </div>
        </>
      )}
    </>
  );
}

/** An amount that opens the list that it is the sum of; a dash for zero. */
function LinkedAmount({ value, to }: { readonly value: Money; readonly to: string }) {
  if (isZero(value)) return <EmptyValue />;
  return (
    <Link to={to}>
      <Amount value={value} />
    </Link>
  );
}

/** The parts of what was earned. */
const partsOf = ({ pending, approved, inTransit, settled }: Balance) => [pending, approved, inTransit, settled];

function Balances({ balances }: { readonly balances: readonly Balance[] }) {
  if (balances.length === 0) return <EmptyState><Trans>No commissions yet.</Trans></EmptyState>;
  const columns: readonly Column<Balance & { readonly id: string }>[] = [
    { header: t`Currency`, isCompact: true, cell: ({ currency }) => currency },
    {
      header: t`Pending`,
      isNumber: true,
      cell: ({ currency, pending }) => <LinkedAmount value={pending} to={`/staff?currency=${currency}`} />,
    },
    {
      header: t`Approved, to be paid`,
      isNumber: true,
      cell: ({ currency, approved }) => (
        <LinkedAmount value={approved} to={`/staff?show=approved&currency=${currency}`} />
      ),
    },
    {
      header: t`Of it held back`,
      isNumber: true,
      cell: ({ currency, held }) => (
        <LinkedAmount value={held} to={`/staff?show=approved-held&currency=${currency}`} />
      ),
    },
    {
      header: t`In transit`,
      isNumber: true,
      cell: ({ currency, inTransit }) => (
        <LinkedAmount value={inTransit} to={`/staff/payouts?status=OPEN&currency=${currency}`} />
      ),
    },
    {
      header: t`Paid`,
      isNumber: true,
      cell: ({ currency, settled }) => (
        <LinkedAmount value={settled} to={`/staff/payouts?status=COMPLETED&currency=${currency}`} />
      ),
    },
    { header: t`Earned`, isNumber: true, cell: (balance) => <AmountList values={totalsByCurrency(partsOf(balance))} /> },
    {
      header: t`Debts`,
      isNumber: true,
      cell: ({ debts, partnersInDebt }) => (
        <>
          <LinkedAmount value={debts} to="/staff/reconciliation" />
          {partnersInDebt > 0 && <div className="muted">{plural(partnersInDebt, { one: "# partner", other: "# partners" })}</div>}
        </>
      ),
    },
  ];
  const rows = balances.map((balance) => ({ ...balance, id: balance.currency }));
  return <Table caption={t`Balances`} columns={columns} rows={rows} isLoading={false} rowTestId="overview-balance" />;
}

interface MonthsProps {
  readonly balances: readonly Balance[];
  readonly months: readonly Month[];
}

/** The months of one currency, which is in the URL. */
function Months({ balances, months }: MonthsProps) {
  const { viewer } = useSession();
  const { params, setParams } = useUrlState();
  const currencies = balances.map(({ currency }) => currency);
  const known = (currency: string | null) => currencies.find((known) => known === currency);
  const currency = known(params.get("currency")) ?? known(viewer.tenant.defaultCurrency) ?? currencies[0];
  if (!currency) return null;
  const rows = months.filter((month) => month.currency === currency).map((month) => ({ ...month, id: month.month }));
  const current = rows.at(-1)?.month;
  // Not the months before anything happened.
  const shown = rows.slice(Math.max(0, rows.findIndex((row) => !isEmpty(row))));
  const total = (values: readonly Money[]) => <AmountList values={totalsByCurrency(values)} />;
  return (
    <Section
      title={t`By month`}
      lead={t`What all partners earned and were paid in the last 12 months, by the tenant’s time zone`}
      actions={
        currencies.length > 1 && (
          <SelectField
            label={t`Currency`}
            value={currency}
            onChange={(currency) => setParams({ currency }, { replace: true })}
            options={currencies.map((value) => ({ value, label: value }))}
          />
        )
      }
    >
      <Table
        caption={t`Months`}
        columns={monthColumns(current)}
        rows={shown.toReversed()}
        isLoading={false}
        totals={{
          label: t`Total`,
          cells: {
            [t`Revenue`]: total(shown.map(({ revenue }) => revenue)),
            [t`Earned`]: total(shown.map(({ commissions }) => commissions)),
            [t`Paid`]: total(shown.map(({ payouts }) => payouts)),
          },
        }}
        rowTestId="overview-month"
      />
    </Section>
  );
}

const isEmpty = ({ revenue, commissions, payouts }: Month) => [revenue, commissions, payouts].every(isZero);

/** The list behind a figure of a month. What is dated in the future counts in the current month, so that it has no end. */
function monthQuery(prefix: "" | "completed", month: string, isCurrent: boolean): string {
  const [from, to] = prefix ? ["completedFrom", "completedTo"] : ["from", "to"];
  return `${from}=${month}-01${isCurrent ? "" : `&${to}=${lastDayOfMonth(month)}`}`;
}

function monthColumns(current: string | undefined): readonly Column<Month & { readonly id: string }>[] {
  return [
    { header: t`Month`, isCompact: true, cell: ({ month }) => formatMonth(month) },
    {
      header: t`Revenue`,
      isNumber: true,
      cell: ({ revenue }) => (isZero(revenue) ? <EmptyValue /> : <Amount value={revenue} />),
    },
    {
      header: t`Earned`,
      isNumber: true,
      cell: ({ month, currency, commissions }) => (
        <LinkedAmount
          value={commissions}
          to={`/staff?show=all&currency=${currency}&${monthQuery("", month, month === current)}`}
        />
      ),
    },
    {
      header: t`Paid`,
      isNumber: true,
      cell: ({ month, currency, payouts }) => (
        <LinkedAmount
          value={payouts}
          to={`/staff/payouts?status=COMPLETED&currency=${currency}&${monthQuery("completed", month, month === current)}`}
        />
      ),
    },
  ];
}

interface RankingProps {
  readonly caption: string;
  readonly amountHeader: string;
  readonly rows: readonly { readonly partner: PartnerNameFragment; readonly amount: Money }[];
  readonly empty: ReactNode;
}

/** Partners with an amount, of each currency the largest first. */
function Ranking({ caption, amountHeader, rows, empty }: RankingProps) {
  if (rows.length === 0) return <EmptyState>{empty}</EmptyState>;
  const columns: readonly Column<RankingProps["rows"][number] & { readonly id: string }>[] = [
    {
      header: t`Partner`,
      cell: ({ partner }) => (
        <Link to={`/staff/partners/${partner.id}`}>
          <bdi>{partner.companyName}</bdi>
        </Link>
      ),
    },
    { header: amountHeader, isNumber: true, cell: ({ amount }) => <Amount value={amount} /> },
  ];
  const withIds = rows.map((row) => ({ ...row, id: `${row.partner.id} ${row.amount.currency}` }));
  return <Table caption={caption} columns={columns} rows={withIds} isLoading={false} />;
}

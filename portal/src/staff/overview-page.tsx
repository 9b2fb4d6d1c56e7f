import type { ReactNode } from "react";
import { Link } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount, EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { SelectField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { Skeleton } from "../components/skeleton";
import { type Column, Table } from "../components/table";
import { formatMonth, lastDayOfMonth } from "../format/dates";
import { formatCount, isZero, type Money } from "../format/money";
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
  useDocumentTitle("Overview");
  const { calendar } = useSession();
  const { data, error, refetch } = useApiQuery(OverviewDocument, {});
  const overview = data?.overview;
  const lead = overview ? `All partners, as of ${calendar.formatDateTime(overview.asOf)}` : "All partners";
  return (
    <>
      <PageHeader title="Overview" lead={lead} />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!overview && !error && <Skeleton width="long" />}
      {overview && (
        <>
          <Section title="What waits" lead="Open one to work on it">
            <WaitingCards counts={overview.workQueue} />
          </Section>
          <Section title="Balances" lead="The sums of all partners, per currency. What some partners owe is deducted.">
            <Balances balances={overview.balances} />
          </Section>
          <Months balances={overview.balances} months={overview.months} />
          <div className="columns">
            <Section title="Largest debts" lead="Deducted from the partners’ next payouts">
              <Ranking
                caption="Largest debts"
                amountHeader="Debt"
                rows={overview.largestDebts.map(({ partner, amount }) => ({ partner, amount }))}
                empty="No partner has a negative balance."
              />
            </Section>
            <Section title="Largest earners" lead="Commissions of the last 12 months">
              <Ranking
                caption="Largest earners"
                amountHeader="Earned"
                rows={overview.largestEarners.map(({ partner, commissions }) => ({ partner, amount: commissions }))}
                empty="No commissions in the last 12 months."
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

function Balances({ balances }: { readonly balances: readonly Balance[] }) {
  if (balances.length === 0) return <EmptyState>No commissions yet.</EmptyState>;
  const columns: readonly Column<Balance & { readonly id: string }>[] = [
    { header: "Currency", isCompact: true, cell: ({ currency }) => currency },
    {
      header: "Pending",
      isNumber: true,
      cell: ({ currency, pending }) => <LinkedAmount value={pending} to={`/staff?currency=${currency}`} />,
    },
    {
      header: "Approved, to be paid",
      isNumber: true,
      cell: ({ currency, approved }) => (
        <LinkedAmount value={approved} to={`/staff?show=approved&currency=${currency}`} />
      ),
    },
    {
      header: "Of it held back",
      isNumber: true,
      cell: ({ currency, held }) => (
        <LinkedAmount value={held} to={`/staff?show=approved-held&currency=${currency}`} />
      ),
    },
    {
      header: "In transit",
      isNumber: true,
      cell: ({ currency, inTransit }) => (
        <LinkedAmount value={inTransit} to={`/staff/payouts?status=OPEN&currency=${currency}`} />
      ),
    },
    {
      header: "Paid",
      isNumber: true,
      cell: ({ currency, settled }) => (
        <LinkedAmount value={settled} to={`/staff/payouts?status=COMPLETED&currency=${currency}`} />
      ),
    },
    {
      header: "Debts",
      isNumber: true,
      cell: ({ debts, partnersInDebt }) => (
        <>
          <LinkedAmount value={debts} to="/staff/reconciliation" />
          {partnersInDebt > 0 && <div className="muted">{formatCount(partnersInDebt, "partner")}</div>}
        </>
      ),
    },
  ];
  const rows = balances.map((balance) => ({ ...balance, id: balance.currency }));
  return <Table caption="Balances" columns={columns} rows={rows} isLoading={false} rowTestId="overview-balance" />;
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
  return (
    <Section
      title="By month"
      lead="What all partners earned and were paid. Months are those of the tenant’s time zone."
      actions={
        currencies.length > 1 && (
          <SelectField
            label="Currency"
            value={currency}
            onChange={(currency) => setParams({ currency }, { replace: true })}
            options={currencies.map((value) => ({ value, label: value }))}
          />
        )
      }
    >
      <Table
        caption="Months"
        columns={monthColumns(current)}
        rows={rows.toReversed()}
        isLoading={false}
        rowTestId="overview-month"
      />
    </Section>
  );
}

/** The list behind a figure of a month. What is dated in the future counts in the current month, so that it has no end. */
function monthQuery(prefix: "" | "completed", month: string, isCurrent: boolean): string {
  const [from, to] = prefix ? ["completedFrom", "completedTo"] : ["from", "to"];
  return `${from}=${month}-01${isCurrent ? "" : `&${to}=${lastDayOfMonth(month)}`}`;
}

function monthColumns(current: string | undefined): readonly Column<Month & { readonly id: string }>[] {
  return [
    { header: "Month", isCompact: true, cell: ({ month }) => formatMonth(month) },
    {
      header: "Revenue",
      isNumber: true,
      cell: ({ revenue }) => (isZero(revenue) ? <EmptyValue /> : <Amount value={revenue} />),
    },
    {
      header: "Earned",
      isNumber: true,
      cell: ({ month, currency, commissions }) => (
        <LinkedAmount
          value={commissions}
          to={`/staff?show=all&currency=${currency}&${monthQuery("", month, month === current)}`}
        />
      ),
    },
    {
      header: "Paid",
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
      header: "Partner",
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

import type { ReactNode } from "react";
import { AmountList, EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { enumLabel } from "../format/labels";
import { formatRate } from "../format/money";
import type { AccountRowFragment } from "../gql/graphql";
import { useSession } from "../sign-in/session";
import { CustomerName } from "./customer-cell";

interface Props {
  readonly accounts: readonly AccountRowFragment[] | undefined;
  readonly isLoading: boolean;
  /** Shown if there are no accounts. */
  readonly emptyText?: string;
  /** Renders buttons for an account. */
  readonly actions?: ((account: AccountRowFragment) => ReactNode) | undefined;
}

export function ManagedAccountsTable({ accounts, isLoading, emptyText = "No managed accounts.", actions }: Props) {
  const { calendar } = useSession();
  if (accounts?.length === 0 && !isLoading) return <EmptyState>{emptyText}</EmptyState>;
  const columns: readonly Column<AccountRowFragment>[] = [
    {
      header: "Customer",
      cell: (account) => <CustomerName {...account} />,
    },
    {
      header: "Since",
      cell: ({ isActive, startsAt, endsAt }) => (
        <>
          {calendar.formatDate(startsAt)}
          {endsAt && <div className="muted">until {calendar.formatDate(endsAt)}</div>}
          {!isActive && <StatusBadge label="Ended" tone="neutral" />}
        </>
      ),
    },
    { header: "Engagement", cell: ({ engagementType }) => <bdi>{enumLabel(engagementType)}</bdi> },
    {
      header: "Rate",
      isNumber: true,
      cell: ({ effectiveCommissionRate, customCommissionRate }) =>
        effectiveCommissionRate === null ? (
          <EmptyValue />
        ) : (
          <>
            {formatRate(effectiveCommissionRate)}
            {customCommissionRate !== null && <div className="muted">custom</div>}
          </>
        ),
    },
    { header: "Revenue", isNumber: true, cell: ({ revenueGenerated }) => <AmountList values={revenueGenerated} /> },
    { header: "Commission", isNumber: true, cell: ({ commissionsEarned }) => <AmountList values={commissionsEarned} /> },
    ...(actions ? [{ header: "Actions", isCompact: true, cell: actions }] : []),
  ];
  return <Table caption="Managed accounts" columns={columns} rows={accounts} isLoading={isLoading} />;
}

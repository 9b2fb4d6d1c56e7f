import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
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

export function ManagedAccountsTable({ accounts, isLoading, emptyText = t`No managed accounts.`, actions }: Props) {
  const { calendar } = useSession();
  if (accounts?.length === 0 && !isLoading) return <EmptyState>{emptyText}</EmptyState>;
  const columns: readonly Column<AccountRowFragment>[] = [
    {
      header: t`Customer`,
      cell: (account) => <CustomerName {...account} />,
    },
    {
      header: t`Since`,
      cell: ({ isActive, startsAt, endsAt }) => (
        <>
          {calendar.formatDate(startsAt)}
          {endsAt && <div className="muted"><Trans>until {calendar.formatDate(endsAt)}</Trans></div>}
          {!isActive && <StatusBadge label={t`Ended`} tone="neutral" />}
        </>
      ),
    },
    { header: t`Engagement`, cell: ({ engagementType }) => <bdi>{enumLabel(engagementType)}</bdi> },
    {
      header: t`Rate`,
      isNumber: true,
      cell: ({ effectiveCommissionRate, customCommissionRate }) =>
        effectiveCommissionRate === null ? (
          <EmptyValue />
        ) : (
          <>
            {formatRate(effectiveCommissionRate)}
            {customCommissionRate !== null && <div className="muted"><Trans>custom</Trans></div>}
          </>
        ),
    },
    { header: t`Revenue`, isNumber: true, cell: ({ revenueGenerated }) => <AmountList values={revenueGenerated} /> },
    { header: t`Commission`, isNumber: true, cell: ({ commissionsEarned }) => <AmountList values={commissionsEarned} /> },
    ...(actions ? [{ header: t`Actions`, isCompact: true, cell: actions }] : []),
  ];
  return <Table caption={t`Managed accounts`} columns={columns} rows={accounts} isLoading={isLoading} />;
}

import { t } from "@lingui/core/macro";
import { memo } from "react";
import type { Column, Sorting } from "../components/table";
import { isolated } from "../format/isolation";
import { formatMoney } from "../format/money";
import type { QueuedPayoutFragment } from "../gql/graphql";
import { PayoutsTable } from "../partners/payouts-table";

const PARTNER_COLUMN: Column<QueuedPayoutFragment> = {
  header: t`Partner`,
  cell: ({ partner }) => <bdi>{partner.companyName}</bdi>,
};

/** The statuses of payouts on which there is an act for several of them. */
const OPEN_STATUSES: ReadonlySet<string> = new Set(["READY", "PROCESSING"]);

export const isOpen = ({ status }: QueuedPayoutFragment) => OPEN_STATUSES.has(status);

interface Selection {
  readonly isSelected: (payout: QueuedPayoutFragment) => boolean;
  readonly onSelect: (payout: QueuedPayoutFragment, isSelected: boolean) => void;
}

interface Props {
  readonly payouts: readonly QueuedPayoutFragment[] | undefined;
  readonly isLoading: boolean;
  readonly sorting?: Sorting | undefined;
  /** Shown if there are no payouts. */
  readonly emptyText?: string | undefined;
  /** The selected payouts. Without it the table has no checkboxes. */
  readonly selection?: Selection | undefined;
}

/** A table of payouts of all partners. Without a selection, it stays as it is while a dialog opens in front of it. */
export const StaffPayoutsTable = memo(function StaffPayoutsTable({ selection, emptyText = t`No payouts.`, ...props }: Props) {
  const select = selection && selectColumn(selection);
  return <PayoutsTable emptyText={emptyText} selectColumn={select} extraColumns={[PARTNER_COLUMN]} {...props} />;
});

function selectColumn({ isSelected, onSelect }: Selection): Column<QueuedPayoutFragment> {
  return {
    header: t`Select`,
    isCompact: true,
    cell: (payout) =>
      isOpen(payout) && (
        <input
          type="checkbox"
          aria-label={t`Select ${formatMoney(payout.totalAmount)} to ${isolated(payout.partner.companyName)}`}
          checked={isSelected(payout)}
          onChange={({ target }) => onSelect(payout, target.checked)}
        />
      ),
  };
}

import type { Column, Sorting } from "../components/table";
import type { QueuedPayoutFragment } from "../gql/graphql";
import { PayoutsTable } from "../partners/payouts-table";

const PARTNER_COLUMN: readonly Column<QueuedPayoutFragment>[] = [
  { header: "Partner", cell: ({ partner }) => <bdi>{partner.companyName}</bdi> },
];

interface Props {
  readonly payouts: readonly QueuedPayoutFragment[] | undefined;
  readonly isLoading: boolean;
  readonly sorting?: Sorting | undefined;
  /** Shown if there are no payouts. */
  readonly emptyText?: string | undefined;
}

/** A table of payouts of all partners. */
export function StaffPayoutsTable({ emptyText = "No payouts.", ...props }: Props) {
  return <PayoutsTable emptyText={emptyText} extraColumns={PARTNER_COLUMN} {...props} />;
}

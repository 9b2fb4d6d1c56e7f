import type { Column } from "../components/table";
import type { QueuedPayoutFragment } from "../gql/graphql";
import { PayoutsTable } from "../partners/payouts-table";

const PARTNER_COLUMN: readonly Column<QueuedPayoutFragment>[] = [
  { header: "Partner", cell: ({ partner }) => <bdi>{partner.companyName}</bdi> },
];

interface Props {
  readonly payouts: readonly QueuedPayoutFragment[] | undefined;
  readonly isLoading: boolean;
}

/** A table of payouts of all partners. */
export function StaffPayoutsTable({ payouts, isLoading }: Props) {
  return <PayoutsTable payouts={payouts} isLoading={isLoading} emptyText="No payouts." extraColumns={PARTNER_COLUMN} />;
}

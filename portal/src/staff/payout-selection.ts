import { useState } from "react";
import type { QueuedPayoutFragment } from "../gql/graphql";
import { isOpen } from "./staff-payouts-table";

/**
 * The selected payouts, or all that match the filter. They stay selected while the list shows another page, and not with
 * another filter.
 */
export function usePayoutSelection(filter: string) {
  const [selection, setSelection] = useState<ReadonlyMap<string, QueuedPayoutFragment>>(new Map());
  const [allMatching, setAllMatching] = useState<string | null>(null);
  const isAllMatching = allMatching === filter;
  const select = (payout: QueuedPayoutFragment, isSelected: boolean) => {
    setAllMatching(null);
    setSelection((selection) => {
      const next = new Map(selection);
      if (isSelected) next.set(payout.id, payout);
      else next.delete(payout.id);
      return next;
    });
  };
  const selectOnly = (payouts: readonly QueuedPayoutFragment[]) => {
    setAllMatching(null);
    setSelection(new Map(payouts.map((payout) => [payout.id, payout])));
  };
  return {
    selected: [...selection.values()],
    isAllMatching,
    isSelected: (payout: QueuedPayoutFragment) => (isAllMatching && isOpen(payout)) || selection.has(payout.id),
    select,
    selectOnly,
    selectAllMatching: () => setAllMatching(filter),
  };
}

import { useCallback } from "react";
import { useApiLookup } from "../api";
import {
  type CommissionEventFilter, MatchingCommissionsDocument, MatchingPayoutsDocument, type PayoutFilter,
  type QueuedCommissionFragment, type QueuedPayoutFragment,
} from "../gql/graphql";
import type { LoadRows } from "./bulk-dialog";

/** The most rows that one act selects: more would take the browser minutes to load. */
export const SELECTED_MAX = 10_000;

/** Returns a function that loads all commissions that match a filter. */
export function useMatchingCommissions(): (filter: CommissionEventFilter) => LoadRows<QueuedCommissionFragment> {
  const lookUp = useApiLookup(MatchingCommissionsDocument);
  return useCallback(
    (filter) => async (onProgress, isStopped) => {
      const rows: QueuedCommissionFragment[] = [];
      let after: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof lookUp>> = await lookUp({ filter, after });
        if ("error" in page) return page;
        const { nodes, pageInfo, totalCount } = page.data.commissionEvents;
        rows.push(...nodes);
        onProgress(rows.length, Math.min(totalCount, SELECTED_MAX));
        after = pageInfo.hasNextPage && rows.length < SELECTED_MAX ? pageInfo.endCursor : null;
      } while (after && !isStopped());
      return { rows };
    },
    [lookUp],
  );
}

/** Returns a function that loads all payouts that match a filter. */
export function useMatchingPayouts(): (filter: PayoutFilter) => LoadRows<QueuedPayoutFragment> {
  const lookUp = useApiLookup(MatchingPayoutsDocument);
  return useCallback(
    (filter) => async (onProgress, isStopped) => {
      const rows: QueuedPayoutFragment[] = [];
      let after: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof lookUp>> = await lookUp({ filter, after });
        if ("error" in page) return page;
        const { nodes, pageInfo, totalCount } = page.data.payouts;
        rows.push(...nodes);
        onProgress(rows.length, Math.min(totalCount, SELECTED_MAX));
        after = pageInfo.hasNextPage && rows.length < SELECTED_MAX ? pageInfo.endCursor : null;
      } while (after && !isStopped());
      return { rows };
    },
    [lookUp],
  );
}

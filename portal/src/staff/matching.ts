import { useCallback } from "react";
import { type ApiError, useApiLookup } from "../api";
import {
  type CommissionEventFilter, MatchingCommissionsDocument, MatchingPayoutsDocument, type PayoutFilter,
  type QueuedCommissionFragment, type QueuedPayoutFragment,
} from "../gql/graphql";
import type { LoadRows } from "./bulk-dialog";

/** The most rows that one act selects: more would take the browser minutes to load. */
export const SELECTED_MAX = 10_000;

interface MatchingPage<Row> {
  readonly nodes: readonly Row[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount: number;
}

/** Loads all rows of a list, page by page. */
function loadAll<Data, Row>(
  lookUp: (after: string | null) => Promise<{ readonly data: Data } | { readonly error: ApiError }>,
  pageOf: (data: Data) => MatchingPage<Row>,
): LoadRows<Row> {
  return async (onProgress, isStopped) => {
    const rows: Row[] = [];
    let after: string | null = null;
    do {
      const answer: Awaited<ReturnType<typeof lookUp>> = await lookUp(after);
      if ("error" in answer) return answer;
      const { nodes, pageInfo, totalCount } = pageOf(answer.data);
      rows.push(...nodes);
      onProgress(rows.length, Math.min(totalCount, SELECTED_MAX));
      after = pageInfo.hasNextPage && rows.length < SELECTED_MAX ? pageInfo.endCursor : null;
    } while (after && !isStopped());
    return { rows };
  };
}

/** Returns a function that loads all commissions that match a filter. */
export function useMatchingCommissions(): (filter: CommissionEventFilter) => LoadRows<QueuedCommissionFragment> {
  const lookUp = useApiLookup(MatchingCommissionsDocument);
  return useCallback(
    (filter) => loadAll((after) => lookUp({ filter, after }), ({ commissionEvents }) => commissionEvents),
    [lookUp],
  );
}

/** Returns a function that loads all payouts that match a filter. */
export function useMatchingPayouts(): (filter: PayoutFilter) => LoadRows<QueuedPayoutFragment> {
  const lookUp = useApiLookup(MatchingPayoutsDocument);
  return useCallback((filter) => loadAll((after) => lookUp({ filter, after }), ({ payouts }) => payouts), [lookUp]);
}

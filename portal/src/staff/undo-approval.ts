import { plural, t } from "@lingui/core/macro";
import { useCallback } from "react";
import { type ApiError, useApiLookup, useApiMutation } from "../api";
import { type ToastAction, useToast } from "../components/toasts";
import { clause } from "../format/server-words";
import {
  type ApprovePendingCommissionEventsInput, LatestApprovalsDocument, RevertApprovalDocument,
} from "../gql/graphql";
import { useSession } from "../sign-in/session";

/** What was approved: commissions by their ids, or a number of them that matched a filter. */
export type Approval =
  | { readonly ids: readonly string[] }
  | { readonly filter: Omit<ApprovePendingCommissionEventsInput, "dryRun">; readonly count: number };

/** The most commissions that one approval can be taken back of: more do not fit into one mutation. */
const COUNT_MAX = 500;

/** Stored in the history, in the language of the server. */
// eslint-disable-next-line lingui/no-unlocalized-strings
const REASON = "Undone right after the approval";

/** Returns a function that makes the button which takes an approval back; undefined if the approval is too large. */
export function useUndoApproval(onUndone: () => void): (approval: Approval) => ToastAction | undefined {
  const revert = useApiMutation(RevertApprovalDocument);
  const findApproved = useFindApproved();
  const showToast = useToast();
  return useCallback(
    (approval) => {
      const count = "ids" in approval ? approval.ids.length : approval.count;
      if (count === 0 || count > COUNT_MAX) return undefined;
      const undo = async () => {
        const found = "ids" in approval ? { ids: approval.ids } : await findApproved(approval.filter, approval.count);
        if ("error" in found) return showToast(t`Nothing was undone: ${clause(found.error.message)}.`);
        const result = await revert({ input: { ids: [...found.ids], reason: REASON } });
        const error = "error" in result ? result.error.message : result.userErrors[0]?.message;
        showToast(error ? t`Nothing was undone: ${clause(error)}.` : plural(count, { one: "The approval of # commission was undone.", other: "The approval of # commissions was undone." }));
        onUndone();
      };
      return { label: t`Undo`, run: () => void undo() };
    },
    [revert, findApproved, showToast, onUndone],
  );
}

const CHANGED: ApiError = {
  kind: "invalid-input",
  message: t`some of the commissions have changed since. Open them to revert their approval one by one`,
  field: null,
  requestId: null,
};

/**
 * Returns a function that finds the commissions which the user approved last by a filter: the time of a change is the same in
 * the histories of all that one mutation approved. An error if they are not as many as it approved.
 */
function useFindApproved() {
  const { viewer } = useSession();
  const lookUp = useApiLookup(LatestApprovalsDocument);
  return useCallback(
    async (
      filter: Omit<ApprovePendingCommissionEventsInput, "dryRun">,
      count: number,
    ): Promise<{ readonly ids: readonly string[] } | { readonly error: ApiError }> => {
      const { partnerId, currency } = filter;
      const approved = { status: ["APPROVED" as const], ...(partnerId && { partnerId }), ...(currency && { currency }) };
      const ids: string[] = [];
      let approvedAt: string | undefined;
      let after: string | null = null;
      do {
        const result: Awaited<ReturnType<typeof lookUp>> = await lookUp({ filter: approved, after });
        if ("error" in result) return result;
        const { nodes, pageInfo } = result.data.commissionEvents;
        const countBefore = ids.length;
        for (const { id, history } of nodes) {
          const last = history.at(-1);
          if (last?.to !== "APPROVED" || last.actor !== viewer.userId) continue;
          approvedAt ??= last.at;
          if (last.at === approvedAt) ids.push(id);
        }
        const isInOrder = approvedAt === undefined || ids.length > countBefore;
        after = pageInfo.hasNextPage && ids.length < count && isInOrder ? pageInfo.endCursor : null;
      } while (after);
      return ids.length === count ? { ids } : { error: CHANGED };
    },
    [lookUp, viewer.userId],
  );
}

import { useCallback, useState } from "react";
import { type MutationResult, useApiMutation } from "../api";
import { type Money, totalsByCurrency } from "../format/money";
import {
  ReassessInvoicesDocument, type ReassessInvoicesInput, type ReassessInvoicesMutation,
} from "../gql/graphql";

type Payload = NonNullable<ReassessInvoicesMutation["reassessInvoices"]>;

/** The invoices to be assessed: at least one condition. */
export type Selection = Pick<ReassessInvoicesInput, "ids" | "outcome" | "customerId" | "paidFrom" | "paidTo">;

/** What came of the invoices that were assessed so far. */
export interface Tally {
  readonly assessed: number;
  readonly earning: number;
  readonly totals: readonly Money[];
  /** The numbers of invoices that earn nothing, by outcome. */
  readonly withoutCommission: ReadonlyMap<string, number>;
  /** The invoice ids of those that could not be assessed. */
  readonly failed: readonly string[];
  /** The number of selected invoices that were not reached yet. */
  readonly remaining: number;
  /** The cursor from which to go on; null at the end, and undefined before the start. */
  readonly cursor: string | null | undefined;
}

const NOTHING: Tally = {
  assessed: 0,
  earning: 0,
  totals: [],
  withoutCommission: new Map(),
  failed: [],
  remaining: 0,
  cursor: undefined,
};

/** The number of invoices per request: few enough for the progress to be seen. */
const BATCH_SIZE = 100;

/** The number of all selected invoices, once some were assessed. */
export const selectedCount = ({ assessed, failed, remaining }: Tally) => assessed + failed.length + remaining;

function add(tally: Tally, payload: Payload): Tally {
  const withoutCommission = new Map(tally.withoutCommission);
  for (const { outcome, count } of payload.withoutCommission ?? []) {
    withoutCommission.set(outcome, (withoutCommission.get(outcome) ?? 0) + count);
  }
  return {
    assessed: tally.assessed + (payload.assessedCount ?? 0),
    earning: tally.earning + (payload.earningCount ?? 0),
    totals: totalsByCurrency([...tally.totals, ...(payload.totals ?? [])]),
    withoutCommission,
    failed: [...tally.failed, ...(payload.failed ?? []).map(({ invoice }) => invoice.invoiceId)],
    remaining: payload.remainingCount ?? 0,
    cursor: payload.endCursor ?? null,
  };
}

/**
 * Assesses all selected invoices, in batches. Returns what came of them so far, and a function that goes on until the end, an
 * error, or until `isStopped` returns true.
 */
export function useReassessment(selection: Selection, dryRun: boolean) {
  const reassess = useApiMutation(ReassessInvoicesDocument);
  const [tally, setTally] = useState(NOTHING);
  const run = useCallback(
    async (isStopped: () => boolean, from: Tally = NOTHING): Promise<MutationResult<Tally>> => {
      let current = from;
      while (current.cursor !== null && !isStopped()) {
        const after = current.cursor;
        const result = await reassess({
          input: { ...selection, dryRun, first: BATCH_SIZE, ...(after && { after }) },
        });
        if ("error" in result) return result;
        if (result.userErrors.length > 0) return { payload: current, userErrors: result.userErrors };
        current = add(current, result.payload);
        if (!isStopped()) setTally(current);
      }
      return { payload: current, userErrors: [] };
    },
    [reassess, selection, dryRun],
  );
  return { tally, run };
}

import { useCallback, useRef, useState } from "react";
import type { ApiError, MutationResult } from "../api";
import type { ErrorWords } from "../format/server-words";
import { isOutcomeOpen } from "./repeated-act";

/** A row of which an act failed, and why. */
export interface Failure<Row> {
  readonly row: Row;
  readonly reason: ErrorWords;
}

/** What came of an act on many rows. */
export interface BulkResult<Row> {
  readonly done: readonly Row[];
  readonly failed: readonly Failure<Row>[];
  /** The rows of which it is not known whether they were changed, because the server did not answer. */
  readonly unanswered: readonly Row[];
  /** The rows that were not reached, because the act was stopped or ended early. */
  readonly remaining: readonly Row[];
  /** Why the act ended early; null if it reached all rows or was stopped. */
  readonly error: ApiError | null;
}

interface HasId {
  readonly id: string;
}

/**
 * Performs an act on many rows, in batches that each take effect completely or not at all. The rows that the server rejects
 * are taken out of their batch, which is sent again without them. Returns the result so far, and functions that start, go on
 * with the remaining rows, and stop after the batch in progress.
 */
export function useBulk<Row extends HasId, Payload>(
  perform: (rows: readonly Row[]) => Promise<MutationResult<Payload>>,
  batchSize: number,
) {
  const [result, setResult] = useState<BulkResult<Row> | null>(null);
  const isStopped = useRef(false);
  const start = useCallback(
    async (rows: readonly Row[]): Promise<BulkResult<Row>> => {
      isStopped.current = false;
      let current: BulkResult<Row> = { done: [], failed: [], unanswered: [], remaining: rows, error: null };
      setResult(current);
      while (current.remaining.length > 0 && !isStopped.current && !current.error) {
        current = await performBatch(current, current.remaining.slice(0, batchSize), perform);
        setResult(current);
      }
      return current;
    },
    [perform, batchSize],
  );
  const stop = useCallback(() => {
    isStopped.current = true;
  }, []);
  return { result, start, stop };
}

async function performBatch<Row extends HasId, Payload>(
  result: BulkResult<Row>,
  batch: readonly Row[],
  perform: (rows: readonly Row[]) => Promise<MutationResult<Payload>>,
): Promise<BulkResult<Row>> {
  const remaining = result.remaining.slice(batch.length);
  const failed = [...result.failed];
  let rows = batch;
  while (rows.length > 0) {
    const answer = await perform(rows);
    if ("error" in answer) {
      const { error } = answer;
      if (isOutcomeOpen(error)) return { ...result, failed, unanswered: rows, remaining, error };
      return { ...result, failed, remaining: [...rows, ...remaining], error };
    }
    const [other] = answer.userErrors;
    if (!other) break;
    const reasons = new Map(answer.userErrors.map((error) => [error.row, error]));
    const rejected = rows.filter(({ id }) => reasons.has(id));
    // An error about no row of the batch, or the only row: all of them failed for this reason.
    const failures = rejected.length > 0 ? rejected : rows;
    failed.push(...failures.map((row) => ({ row, reason: reasons.get(row.id) ?? other })));
    rows = rows.filter((row) => !failures.includes(row));
  }
  return { ...result, done: [...result.done, ...rows], failed, remaining };
}

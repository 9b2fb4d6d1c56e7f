import { useCallback, useRef, useState } from "react";
import type { ApiError, MutationResult } from "../api";

/** A row of which an act failed, and why. */
export interface Failure<Row> {
  readonly row: Row;
  readonly reason: string;
}

/** What came of an act on many rows. */
export interface BulkResult<Row> {
  readonly done: readonly Row[];
  readonly failed: readonly Failure<Row>[];
  /** The rows that were not reached, because the act was stopped or the server could not be reached. */
  readonly remaining: readonly Row[];
  /** Why the act ended early; null if it reached all rows or was stopped. */
  readonly error: ApiError | null;
}

interface HasId {
  readonly id: string;
}

/** How often a batch is sent again after an error that may pass, and how long to wait before. */
const ATTEMPTS = 3;
const WAIT_MS = 1_500;

const isPassing = (error: ApiError) => error.kind === "network" || error.kind === "unavailable";

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

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
      let current: BulkResult<Row> = { done: [], failed: [], remaining: rows, error: null };
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
  let attempts = 0;
  while (rows.length > 0) {
    const answer = await perform(rows);
    if ("error" in answer) {
      attempts += 1;
      if (isPassing(answer.error) && attempts < ATTEMPTS) {
        await wait(WAIT_MS * attempts);
        continue;
      }
      return { ...result, failed, remaining: [...rows, ...remaining], error: answer.error };
    }
    if (answer.userErrors.length === 0) break;
    const reasons = new Map(answer.userErrors.map(({ row, message }) => [row, message]));
    const rejected = rows.filter(({ id }) => reasons.has(id));
    const [other] = answer.userErrors;
    // An error about no row of the batch, or the only row: all of them failed for this reason.
    const failures = rejected.length > 0 ? rejected : rows;
    failed.push(...failures.map((row) => ({ row, reason: reasons.get(row.id) ?? other?.message ?? "" })));
    rows = rows.filter((row) => !failures.includes(row));
  }
  return { done: [...result.done, ...rows], failed, remaining, error: null };
}

import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { ApiError, MutationResult } from "../api";
import { ErrorAlert } from "../components/alert";
import { ConfirmDialog, type ErrorOf } from "../components/confirm-dialog";
import { Dialog } from "../components/dialog";
import { ErrorText } from "../components/error-text";
import { Progress } from "../components/progress";
import { formatCount } from "../format/money";
import { countOf, type Noun, pluralOf } from "../format/nouns";
import { type BulkResult, useBulk } from "./bulk";
import css from "./bulk-dialog.module.css";

interface HasId {
  readonly id: string;
}

/** Loads the rows of an act, page by page. Calls `onProgress` with how many there are so far, and of how many. */
export type LoadRows<Row> = (
  onProgress: (loaded: number, total: number) => void,
  isStopped: () => boolean,
) => Promise<{ readonly rows: readonly Row[] } | { readonly error: ApiError }>;

interface Props<Row, Payload> {
  readonly title: (count: number) => string;
  /** What a row is. */
  readonly noun: Noun;
  /** What was done to a number of rows, as in "3 commissions approved". */
  readonly doneLabel: (count: number) => string;
  /** What is said of a number of rows that were rejected; that they failed, if left out. */
  readonly failedLabel?: (count: number) => string;
  readonly confirmLabel: string;
  /** The selected rows, or a function that loads all that match. */
  readonly rows: readonly Row[] | LoadRows<Row>;
  readonly labelOf: (row: Row) => ReactNode;
  /** How many rows one request changes. */
  readonly batchSize: number;
  /** Sends one request. `valueOf` returns the value of a form field. */
  readonly perform: (rows: readonly Row[], valueOf: (name: string) => string) => Promise<MutationResult<Payload>>;
  /** What the act will do to these rows, and its form fields. */
  readonly children: (rows: readonly Row[], errorOf: ErrorOf) => ReactNode;
  readonly onClose: () => void;
  /** Called when the act has ended, with the rows that it changed. */
  readonly onEnd: (done: readonly Row[]) => void;
}

/**
 * Asks for confirmation of an act on many rows, performs it in batches with progress, and shows what came of it, with a
 * reason for each row that failed. It can be stopped; what was done stays done.
 */
export function BulkDialog<Row extends HasId, Payload>(props: Props<Row, Payload>) {
  const { title, noun, doneLabel, failedLabel = someFailed, confirmLabel, labelOf, batchSize, perform, children, onClose, onEnd } = props;
  const { rows, loaded, error, retry } = useRows(props.rows);
  const valueOf = useRef<(name: string) => string>(() => "");
  const [performRows] = useState(() => (batch: readonly Row[]) => perform(batch, valueOf.current));
  const { result, start, stop } = useBulk(performRows, batchSize);
  const [ended, setEnded] = useState<BulkResult<Row> | null>(null);
  const close = () => {
    stop();
    onClose();
  };
  if (ended) return <ResultDialog {...{ ended, doneLabel, failedLabel, labelOf, onClose }} />;
  return (
    <ConfirmDialog
      title={rows ? title(rows.length) : t`Select all ${pluralOf(noun)} that match`}
      confirmLabel={confirmLabel}
      canConfirm={rows !== null && rows.length > 0}
      onClose={close}
      onConfirm={async (value) => {
        valueOf.current = value;
        const result = await start(rows ?? []);
        // Nothing was done: the dialog stays open with the error, at its field if it has one.
        if (result.done.length === 0 && result.error && result.failed.length === 0) return { error: result.error };
        return { payload: result, userErrors: [] };
      }}
      onSuccess={(result) => {
        onEnd(result.done);
        setEnded(result);
      }}
    >
      {(errorOf) => (
        <>
          {error && <ErrorAlert error={error} onRetry={retry} />}
          {!rows && !error && (
            <Progress
              label={t`Loading`}
              progress={loaded && { done: loaded.done, total: loaded.total }}
              text={loaded ? t`Loading ${formatCount(loaded.done)} of ${countOf(noun, loaded.total)}` : t`Loading…`}
            />
          )}
          {/* Kept while the act runs: what was entered is there, and can get the focus, if the first request is rejected. */}
          {rows && (
            <div className="stack" hidden={isRunning(result)}>
              {children(rows, errorOf)}
            </div>
          )}
          {rows && result && isRunning(result) && (
            <>
              <BulkProgress total={rows.length} result={result} noun={noun} failedLabel={failedLabel} />
              <button className="button" type="button" onClick={stop}>
                <Trans>Stop</Trans>
              </button>
            </>
          )}
        </>
      )}
    </ConfirmDialog>
  );
}

/** Whether the act runs, and its first request was not rejected as a whole. */
const isRunning = (result: BulkResult<unknown> | null) =>
  result !== null && result.done.length + result.failed.length > 0 && result.remaining.length > 0 && !result.error;

interface ProgressProps<Row> {
  readonly total: number;
  readonly result: BulkResult<Row>;
  readonly noun: Noun;
  readonly failedLabel: (count: number) => string;
}

function BulkProgress<Row>({ total, result, noun, failedLabel }: ProgressProps<Row>) {
  const done = total - result.remaining.length;
  const progress = t`${formatCount(done)} of ${countOf(noun, total)}`;
  return (
    <Progress
      label={t`Progress`}
      progress={{ done, total }}
      text={joined([progress, result.failed.length > 0 ? failedLabel(result.failed.length) : null])}
    />
  );
}

/** The rows of an act, loaded if a function loads them. */
export function useRows<Row>(source: readonly Row[] | LoadRows<Row>) {
  const [fixed] = useState(() => source);
  const [rows, setRows] = useState<readonly Row[] | null>(typeof fixed === "function" ? null : fixed);
  const [loaded, setLoaded] = useState<{ readonly done: number; readonly total: number } | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (typeof fixed !== "function") return;
    let isStopped = false;
    setError(null);
    void fixed((done, total) => isStopped || setLoaded({ done, total }), () => isStopped).then((answer) => {
      if (isStopped) return;
      if ("error" in answer) setError(answer.error);
      else setRows(answer.rows);
    });
    return () => {
      isStopped = true;
    };
  }, [fixed, attempt]);
  return { rows, loaded, error, retry: () => setAttempt(attempt + 1) };
}

interface ResultProps<Row> {
  readonly ended: BulkResult<Row>;
  readonly doneLabel: (count: number) => string;
  readonly failedLabel: (count: number) => string;
  readonly labelOf: (row: Row) => ReactNode;
  readonly onClose: () => void;
}

const someFailed = (count: number) => plural(count, { one: "# failed", other: "# failed" });

const unansweredLabel = (count: number) =>
  count > 0 ? plural(count, { one: "# without an answer", other: "# without an answer" }) : null;

const notReachedLabel = (count: number) => (count > 0 ? plural(count, { one: "# not reached", other: "# not reached" }) : null);

/** The parts of a result that there are. */
const joined = (parts: readonly (string | null)[]) => parts.filter((part) => part !== null).join(", ");

/** What came of an act on many rows. */
function ResultDialog<Row extends HasId>({ ended, doneLabel, failedLabel, labelOf, onClose }: ResultProps<Row>) {
  const { done, failed, unanswered, remaining, error } = ended;
  const counts = [failed.length > 0 ? failedLabel(failed.length) : null, unansweredLabel(unanswered.length), notReachedLabel(remaining.length)];
  const isComplete = counts.every((count) => count === null);
  const isNothing = done.length === 0 && unanswered.length === 0;
  return (
    <Dialog title={isComplete ? t`Done` : isNothing ? t`Nothing was changed` : t`Done in part`} variant="modal" onClose={onClose}>
      <div className="stack" role="status">
        <p>{joined([doneLabel(done.length), ...counts])}.</p>
        {error && <ErrorAlert error={error} />}
        {unanswered.length > 0 && <p><Trans>The list shows whether those without an answer were changed.</Trans></p>}
        {failed.length > 0 && (
          <ul className={css.failures} aria-label={t`Failed`}>
            {failed.map(({ row, reason }) => (
              <li key={row.id}>
                {labelOf(row)}: <ErrorText {...reason} />
              </li>
            ))}
          </ul>
        )}
      </div>
      <div className="buttons">
        <button className="button-primary" type="button" onClick={onClose}>
          <Trans>Close</Trans>
        </button>
      </div>
    </Dialog>
  );
}

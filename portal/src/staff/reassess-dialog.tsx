import { useEffect, useRef, useState } from "react";
import type { ApiError } from "../api";
import { ErrorAlert, UserErrorsAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { Progress } from "../components/progress";
import { isolated } from "../format/isolation";
import { noCommissionReasonLabel } from "../format/labels";
import { formatCount, formatMoneyList } from "../format/money";
import { type Selection, selectedCount, type Tally, useReassessment } from "./reassessment";

interface Props {
  readonly title: string;
  readonly selection: Selection;
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

/** Assesses all selected invoices again, after a preview of what they would earn. Closing the dialog stops it. */
export function ReassessDialog({ title, selection: initialSelection, onClose, onSuccess }: Props) {
  // Fixed when the dialog opens, so that what is done is what was previewed.
  const [selection] = useState(initialSelection);
  const preview = useReassessment(selection, true);
  const assessment = useReassessment(selection, false);
  const [error, setError] = useState<ApiError | null>(null);
  const [userErrors, setUserErrors] = useState<readonly string[]>([]);
  const [attempt, setAttempt] = useState(0);
  const isClosed = useRef(false);

  const { run: runPreview } = preview;
  useEffect(() => {
    let isStopped = false;
    isClosed.current = false;
    setError(null);
    void runPreview(() => isStopped).then((result) => {
      if (isStopped) return;
      if ("error" in result) return setError(result.error);
      setUserErrors(result.userErrors.map(({ message }) => message));
    });
    return () => {
      isStopped = true;
      isClosed.current = true;
    };
  }, [runPreview, attempt]);

  const isPreviewed = preview.tally.cursor === null;
  const { assessed, earning } = preview.tally;
  return (
    <ConfirmDialog
      title={title}
      confirmLabel={confirmLabel(isPreviewed, preview.tally)}
      canConfirm={isPreviewed && assessed > 0}
      onClose={onClose}
      onConfirm={() => assessment.run(() => isClosed.current, assessment.tally)}
      onSuccess={(tally) => isClosed.current || onSuccess(resultMessage(tally))}
    >
      <p className="muted">
        Each invoice is assessed by the account, the rate and the status that were in force when it was paid, as they
        are known now. Refunds are deducted. Commissions then wait for approval like any other.
      </p>
      {error && <ErrorAlert error={error} onRetry={() => setAttempt(attempt + 1)} />}
      <UserErrorsAlert messages={userErrors} />
      {!isPreviewed && !error && userErrors.length === 0 && <TallyProgress label="Checking" tally={preview.tally} />}
      {isPreviewed && assessment.tally.cursor === undefined && <Preview tally={preview.tally} />}
      {assessment.tally.cursor !== undefined && <TallyProgress label="Assessing" tally={assessment.tally} />}
      {isPreviewed && earning === 0 && assessed > 0 && (
        <p>Remove the causes first. To assess again now only updates the causes in the list.</p>
      )}
    </ConfirmDialog>
  );
}

function confirmLabel(isPreviewed: boolean, { assessed, earning }: Tally): string {
  if (!isPreviewed || assessed === 0) return "Assess again";
  return earning === 0 ? "Update causes" : `Assess ${formatCount(assessed, "invoice")} again`;
}

/** How many of the selected invoices were reached; of an unknown number before the first answer. */
function TallyProgress({ label, tally }: { readonly label: string; readonly tally: Tally }) {
  if (tally.cursor === undefined) return <Progress label={label} progress={null} text={`${label}…`} />;
  const total = selectedCount(tally);
  const done = total - tally.remaining;
  const text = `${label}: ${formatCount(done)} of ${formatCount(total, "invoice")}`;
  return <Progress label={label} progress={{ done, total }} text={text} />;
}

/** What assessing the invoices would do, and which stay without a commission, with the reasons. */
function Preview({ tally }: { readonly tally: Tally }) {
  const { assessed, earning, totals, withoutCommission, failed } = tally;
  return (
    <div role="status" className="stack">
      <p>
        <strong>{previewSentence(tally)}</strong>
        {earning > 0 && <> {formatMoneyList(totals)} in total.</>}
      </p>
      {withoutCommission.size > 0 && (
        <div>
          <h3>{earning > 0 ? "Still without a commission" : "Causes"}</h3>
          <ul>
            {[...withoutCommission].map(([outcome, count]) => (
              <li key={outcome}>
                {formatCount(count, "invoice")}: {noCommissionReasonLabel(outcome).toLowerCase()}
              </li>
            ))}
          </ul>
        </div>
      )}
      {failed.length > 0 && (
        <p>
          {formatCount(failed.length, assessed > 0 ? "more invoice" : "invoice")} could not be checked at the moment:{" "}
          {failedList(failed)}.
        </p>
      )}
    </div>
  );
}

function previewSentence({ assessed, earning, failed }: Tally): string {
  if (assessed === 0) return failed.length > 0 ? "No invoice could be checked." : "No invoices match.";
  if (assessed === 1) return `The invoice would earn ${earning === 0 ? "nothing" : "a commission"}.`;
  const invoices = formatCount(assessed, "invoice");
  if (earning === 0) return `None of ${invoices} would earn a commission.`;
  return `${earning === assessed ? "All" : `${formatCount(earning)} of`} ${invoices} would earn a commission.`;
}

/** The first few invoices of those that failed. */
function failedList(failed: readonly string[]): string {
  const named = failed.slice(0, 5).map(isolated);
  const others = failed.length - named.length;
  return others > 0 ? `${named.join(", ")} and ${formatCount(others, "other")}` : named.join(", ");
}

function resultMessage({ assessed, earning, totals, failed }: Tally): string {
  const failures =
    failed.length > 0 ? ` Not assessed because of an error, assess again: ${failedList(failed)}.` : "";
  const assessedText = formatCount(assessed, "invoice");
  if (earning === 0) return `Assessed ${assessedText}: none earns a commission.${failures}`;
  const earningText = earning === assessed ? assessedText : `${formatCount(earning)} of ${assessedText}`;
  return `${earningText} ${earning === 1 ? "earns" : "earn"} a commission now: ${formatMoneyList(totals)}.${failures}`;
}

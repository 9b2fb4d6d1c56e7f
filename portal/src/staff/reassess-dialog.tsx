import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import type { ApiError } from "../api";
import { ErrorAlert, UserErrorsAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { Progress } from "../components/progress";
import { isolated } from "../format/isolation";
import { noCommissionReasonLabel } from "../format/labels";
import { formatCount, formatMoneyList } from "../format/money";
import { countOf } from "../format/nouns";
import type { ErrorWords } from "../format/server-words";
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
  const [userErrors, setUserErrors] = useState<readonly ErrorWords[]>([]);
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
      setUserErrors(result.userErrors);
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
        <Trans>
          Each invoice is assessed by the account, the rate and the status that were in force when it was paid, as they
          are known now. Refunds are deducted. Commissions then wait for approval like any other.
        </Trans>
      </p>
      {error && <ErrorAlert error={error} onRetry={() => setAttempt(attempt + 1)} />}
      <UserErrorsAlert errors={userErrors} />
      {!isPreviewed && !error && userErrors.length === 0 && <TallyProgress isPreview tally={preview.tally} />}
      {isPreviewed && assessment.tally.cursor === undefined && <Preview tally={preview.tally} />}
      {assessment.tally.cursor !== undefined && <TallyProgress tally={assessment.tally} />}
      {isPreviewed && earning === 0 && assessed > 0 && (
        <p><Trans>Remove the causes first. To assess again now only updates the causes in the list.</Trans></p>
      )}
    </ConfirmDialog>
  );
}

function confirmLabel(isPreviewed: boolean, { assessed, earning }: Tally): string {
  if (!isPreviewed || assessed === 0) return t`Assess again`;
  return earning === 0 ? t`Update causes` : plural(assessed, { one: "Assess # invoice again", other: "Assess # invoices again" });
}

/** How many of the selected invoices were reached; of an unknown number before the first answer. */
function TallyProgress({ isPreview = false, tally }: { readonly isPreview?: boolean; readonly tally: Tally }) {
  const label = isPreview ? t`Checking` : t`Assessing`;
  if (tally.cursor === undefined) return <Progress label={label} progress={null} text={`${label}…`} />;
  const total = selectedCount(tally);
  const done = total - tally.remaining;
  const text = `${label}: ${t`${formatCount(done)} of ${countOf("invoice", total)}`}`;
  return <Progress label={label} progress={{ done, total }} text={text} />;
}

/** What assessing the invoices would do, and which stay without a commission, with the reasons. */
function Preview({ tally }: { readonly tally: Tally }) {
  const { assessed, earning, totals, withoutCommission, failed } = tally;
  return (
    <div role="status" className="stack">
      <p>
        <strong>{previewSentence(tally)}</strong>
        {earning > 0 && ` ${t`${formatMoneyList(totals)} in total.`}`}
      </p>
      {withoutCommission.size > 0 && (
        <div>
          <h3>{earning > 0 ? t`Still without a commission` : t`Causes`}</h3>
          <ul>
            {[...withoutCommission].map(([outcome, count]) => (
              <li key={outcome}>
                {countOf("invoice", count)}: {noCommissionReasonLabel(outcome)}
              </li>
            ))}
          </ul>
        </div>
      )}
      {failed.length > 0 && (
        <p>
          {assessed > 0
            ? t`${plural(failed.length, { one: "# more invoice", other: "# more invoices" })} could not be checked at the moment: ${failedList(failed)}.`
            : t`${countOf("invoice", failed.length)} could not be checked at the moment: ${failedList(failed)}.`}
        </p>
      )}
    </div>
  );
}

function previewSentence({ assessed, earning, failed }: Tally): string {
  if (assessed === 0) return failed.length > 0 ? t`No invoice could be checked.` : t`No invoices match.`;
  if (assessed === 1) return earning === 0 ? t`The invoice would earn nothing.` : t`The invoice would earn a commission.`;
  const invoices = formatCount(assessed);
  if (earning === 0) return t`None of ${invoices} invoices would earn a commission.`;
  if (earning === assessed) return t`All ${invoices} invoices would earn a commission.`;
  return t`${formatCount(earning)} of ${invoices} invoices would earn a commission.`;
}

/** The first few invoices of those that failed. */
function failedList(failed: readonly string[]): string {
  const named = failed.slice(0, 5).map(isolated);
  const others = failed.length - named.length;
  return others > 0 ? t`${named.join(", ")} and ${plural(others, { one: "# other", other: "# others" })}` : named.join(", ");
}

function earningSentence(assessed: number, earning: number, totals: string): string {
  if (earning === 0) return t`Assessed ${countOf("invoice", assessed)}: none earns a commission.`;
  if (earning === assessed) {
    return plural(earning, {
      one: `# invoice earns a commission now: ${totals}.`,
      other: `# invoices earn a commission now: ${totals}.`,
    });
  }
  const invoices = countOf("invoice", assessed);
  return plural(earning, {
    one: `# of ${invoices} earns a commission now: ${totals}.`,
    other: `# of ${invoices} earn a commission now: ${totals}.`,
  });
}

function resultMessage({ assessed, earning, totals, failed }: Tally): string {
  const failures = failed.length > 0 ? ` ${t`Not assessed because of an error, assess again: ${failedList(failed)}.`}` : "";
  return earningSentence(assessed, earning, formatMoneyList(totals)) + failures;
}

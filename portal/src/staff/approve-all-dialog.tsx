import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import { type ApiError, useApiMutation } from "../api";
import { ErrorAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { Skeleton } from "../components/skeleton";
import { formatCount, formatMoneyList, type Money } from "../format/money";
import { countOf } from "../format/nouns";
import { ApprovePendingCommissionEventsDocument, type CommissionEventFilter } from "../gql/graphql";
import { sendAgain } from "./repeated-act";
import type { Approval } from "./undo-approval";

interface Props {
  readonly filter: CommissionEventFilter;
  readonly onClose: () => void;
  /** Called with a message for the user, and with what was approved, if that is known. */
  readonly onSuccess: (message: string, approval?: Approval) => void;
}

const REPEATED = t`What matches is approved. The answer to the first attempt was lost, so that it is not known how many it approved.`;

interface Preview {
  readonly count: number;
  readonly totals: readonly Money[];
}

/**
 * Approves all pending commissions that match a filter. First shows their number and total, as computed by the
 * server.
 */
export function ApproveAllDialog({ filter, onClose, onSuccess }: Props) {
  const approve = useApiMutation(ApprovePendingCommissionEventsDocument);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const wasAnswerLost = useRef(false);
  // The end of the period is fixed when the dialog opens: later commissions are not part of the total shown.
  const [input] = useState(() => ({
    // Left out, not null: null would be rejected.
    ...(filter.partnerId && { partnerId: filter.partnerId }),
    ...(filter.currency && { currency: filter.currency }),
    ...(filter.eventDateFrom && { eventDateFrom: filter.eventDateFrom }),
    eventDateTo: filter.eventDateTo ?? new Date().toISOString(),
  }));
  useEffect(() => {
    void approve({ input: { ...input, dryRun: true } }).then((result) => {
      if ("error" in result) return setError(result.error);
      setPreview({ count: result.payload.approvedCount ?? 0, totals: result.payload.totals ?? [] });
    });
  }, [approve, input]);
  return (
    <ConfirmDialog
      title={t`Approve all matching commissions?`}
      confirmLabel={preview ? t`Approve ${formatCount(preview.count)}` : t`Approve`}
      canConfirm={preview !== null && preview.count > 0}
      onClose={onClose}
      onConfirm={() => sendAgain(() => approve({ input }), () => (wasAnswerLost.current = true))}
      onSuccess={({ approvedCount, totals }) => {
        if (wasAnswerLost.current && approvedCount !== preview?.count) return onSuccess(REPEATED);
        const commissions = countOf("commission", approvedCount ?? 0);
        const message = totals?.length ? t`Approved ${commissions}: ${formatMoneyList(totals)}.` : t`Approved ${commissions}.`;
        onSuccess(message, { filter: input, count: approvedCount ?? 0 });
      }}
    >
      {error && <ErrorAlert error={error} />}
      {!error && !preview && <Skeleton width="long" />}
      {preview && preview.count === 0 && <p><Trans>No pending commissions match.</Trans></p>}
      {preview && preview.count > 0 && (
        <p>
          <Trans>
            {countOf("pending commission", preview.count)} across all pages, {formatMoneyList(preview.totals)} in total.
            Approved commissions go into the partners’ next payouts.
          </Trans>
        </p>
      )}
    </ConfirmDialog>
  );
}

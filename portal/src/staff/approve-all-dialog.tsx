import { useEffect, useState } from "react";
import { type ApiError, useApiMutation } from "../api";
import { ErrorAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { Skeleton } from "../components/skeleton";
import { formatCount, formatMoneyList, type Money } from "../format/money";
import { ApprovePendingCommissionEventsDocument, type CommissionEventFilter } from "../gql/graphql";
import type { Approval } from "./undo-approval";

interface Props {
  readonly filter: CommissionEventFilter;
  readonly onClose: () => void;
  /** Called with a message for the user, and with what was approved. */
  readonly onSuccess: (message: string, approval: Approval) => void;
}

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
      title="Approve all matching commissions?"
      confirmLabel={preview ? `Approve ${formatCount(preview.count)}` : "Approve"}
      canConfirm={preview !== null && preview.count > 0}
      onClose={onClose}
      onConfirm={() => approve({ input })}
      onSuccess={({ approvedCount, totals }) => {
        const total = totals?.length ? `: ${formatMoneyList(totals)}` : "";
        const message = `Approved ${formatCount(approvedCount ?? 0, "commission")}${total}.`;
        onSuccess(message, { filter: input, count: approvedCount ?? 0 });
      }}
    >
      {error && <ErrorAlert error={error} />}
      {!error && !preview && <Skeleton width="long" />}
      {preview && preview.count === 0 && <p>No pending commissions match.</p>}
      {preview && preview.count > 0 && (
        <p>
          {formatCount(preview.count, "pending commission")} across all pages, {formatMoneyList(preview.totals)} in total.
          Approved commissions go into the partners’ next payouts.
        </p>
      )}
    </ConfirmDialog>
  );
}

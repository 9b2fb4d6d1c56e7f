import { useApiMutation } from "../api";
import type { ErrorOf } from "../components/confirm-dialog";
import { TextAreaField } from "../components/fields";
import { isolated } from "../format/isolation";
import { formatCount, formatMoneyList, totalsByCurrency } from "../format/money";
import {
  ApproveCommissionEventsDocument, CancelCommissionEventsDocument, HoldCommissionEventsDocument,
  ReleaseCommissionEventsDocument,
} from "../gql/graphql";
import { BulkDialog, type LoadRows } from "./bulk-dialog";
import type { PendingCommission } from "./pending-commissions-table";

export type CommissionAct = "approve" | "cancel" | "hold" | "release";

interface ActText {
  readonly label: string;
  readonly participle: string;
  readonly explanation: string;
}

export const COMMISSION_ACTS: Readonly<Record<CommissionAct, ActText>> = {
  approve: {
    label: "Approve",
    participle: "approved",
    explanation: "Approved commissions go into the partner’s next payout.",
  },
  cancel: {
    label: "Cancel commissions",
    participle: "cancelled",
    explanation: "Cancelled commissions are never paid. You cannot undo this.",
  },
  hold: {
    label: "Hold back",
    participle: "held back",
    explanation: "No payout pays them until they are released. Their status stays.",
  },
  release: { label: "Release", participle: "released", explanation: "The next payout can pay them." },
};

/** How many commissions one request changes: few enough for the progress to be seen. */
const BATCH_SIZE = 100;

/** The total of commissions, including the amendments that are decided on with them. */
export function totalOf(commissions: readonly PendingCommission[]): string {
  const amounts = commissions.flatMap(({ commissionAmount, status, reversedBy }) => {
    const reversals = reversedBy.filter((reversal) => reversal.status === status);
    return [commissionAmount, ...reversals.map((reversal) => reversal.commissionAmount)];
  });
  return amounts.length === 0 ? "nothing" : formatMoneyList(totalsByCurrency(amounts));
}

interface Props {
  readonly act: CommissionAct;
  /** The selected commissions, or a function that loads all that match. */
  readonly commissions: readonly PendingCommission[] | LoadRows<PendingCommission>;
  readonly onClose: () => void;
  /** Called when the act has ended, with the commissions that it changed. */
  readonly onEnd: (done: readonly PendingCommission[]) => void;
}

/** Decides on many commissions, in batches. */
export function CommissionActDialog({ act, commissions, onClose, onEnd }: Props) {
  const approve = useApiMutation(ApproveCommissionEventsDocument);
  const withReason = {
    cancel: useApiMutation(CancelCommissionEventsDocument),
    hold: useApiMutation(HoldCommissionEventsDocument),
    release: useApiMutation(ReleaseCommissionEventsDocument),
  };
  const { label, participle, explanation } = COMMISSION_ACTS[act];
  const fields = (errorOf: ErrorOf) =>
    act !== "approve" && (
      <TextAreaField label="Reason" name="reason" required hint="Stored in the history" error={errorOf("reason")} />
    );
  return (
    <BulkDialog
      title={(count) => `${label.replace(" commissions", "")} ${formatCount(count, "commission")}?`}
      noun="commission"
      participle={participle}
      confirmLabel={label}
      rows={commissions}
      labelOf={(row) => isolated(row.invoiceId ?? row.id)}
      batchSize={BATCH_SIZE}
      perform={(rows, valueOf) => {
        const ids = rows.map(({ id }) => id);
        return act === "approve" ? approve({ input: { ids } }) : withReason[act]({ input: { ids, reason: valueOf("reason") } });
      }}
      onClose={onClose}
      onEnd={onEnd}
    >
      {(rows, errorOf) => (
        <>
          <p>
            Total: {totalOf(rows)}, including reversals. {explanation}
          </p>
          {fields(errorOf)}
        </>
      )}
    </BulkDialog>
  );
}

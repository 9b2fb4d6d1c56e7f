import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ErrorOf } from "../components/confirm-dialog";
import { TextAreaField } from "../components/fields";
import { isolated } from "../format/isolation";
import { formatMoneyList, totalsByCurrency } from "../format/money";
import { BulkDialog, type LoadRows } from "./bulk-dialog";
import { type Decision, useDecide } from "./decision";
import type { PendingCommission } from "./pending-commissions-table";

export type CommissionAct = Exclude<Decision, "revert">;

interface ActText {
  readonly label: string;
  /** The label where commissions were selected. */
  readonly selectedLabel: string;
  readonly title: (count: number) => string;
  /** What was done to a number of commissions. */
  readonly doneLabel: (count: number) => string;
  readonly explanation: string;
}

export const COMMISSION_ACTS: Readonly<Record<CommissionAct, ActText>> = {
  approve: {
    label: t`Approve`,
    selectedLabel: t`Approve selected`,
    title: (count) => plural(count, { one: "Approve # commission?", other: "Approve # commissions?" }),
    doneLabel: (count) => plural(count, { one: "# commission approved", other: "# commissions approved" }),
    explanation: t`Approved commissions go into the partner’s next payout.`,
  },
  cancel: {
    label: t`Cancel commissions`,
    selectedLabel: t`Cancel selected`,
    title: (count) => plural(count, { one: "Cancel # commission?", other: "Cancel # commissions?" }),
    doneLabel: (count) => plural(count, { one: "# commission cancelled", other: "# commissions cancelled" }),
    explanation: t`Cancelled commissions are never paid. You cannot undo this.`,
  },
  hold: {
    label: t`Hold back`,
    selectedLabel: t`Hold back selected`,
    title: (count) => plural(count, { one: "Hold back # commission?", other: "Hold back # commissions?" }),
    doneLabel: (count) => plural(count, { one: "# commission held back", other: "# commissions held back" }),
    explanation: t`No payout pays them until they are released. Their status stays.`,
  },
  release: {
    label: t`Release`,
    selectedLabel: t`Release selected`,
    title: (count) => plural(count, { one: "Release # commission?", other: "Release # commissions?" }),
    doneLabel: (count) => plural(count, { one: "# commission released", other: "# commissions released" }),
    explanation: t`The next payout can pay them.`,
  },
};

/** How many commissions one request changes: few enough for the progress to be seen. */
const BATCH_SIZE = 100;

/** The total of commissions, including the amendments that are decided on with them. */
export function totalOf(commissions: readonly PendingCommission[]): string {
  const amounts = commissions.flatMap(({ commissionAmount, status, reversedBy }) => {
    const reversals = reversedBy.filter((reversal) => reversal.status === status);
    return [commissionAmount, ...reversals.map((reversal) => reversal.commissionAmount)];
  });
  return amounts.length === 0 ? t`nothing` : formatMoneyList(totalsByCurrency(amounts));
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
  const decide = useDecide(act);
  const { label, title, doneLabel, explanation } = COMMISSION_ACTS[act];
  const fields = (errorOf: ErrorOf) =>
    act !== "approve" && (
      <TextAreaField label={t`Reason`} name="reason" required hint={t`Stored in the history`} error={errorOf("reason")} />
    );
  return (
    <BulkDialog
      title={title}
      noun="commission"
      doneLabel={doneLabel}
      confirmLabel={label}
      rows={commissions}
      labelOf={(row) => isolated(row.invoiceId ?? row.id)}
      batchSize={BATCH_SIZE}
      perform={(rows, valueOf) => decide(rows.map(({ id }) => id), valueOf("reason"))}
      onClose={onClose}
      onEnd={onEnd}
    >
      {(rows, errorOf) => (
        <>
          <p>
            <Trans>Total: {totalOf(rows)}, including reversals.</Trans> {explanation}
          </p>
          {fields(errorOf)}
        </>
      )}
    </BulkDialog>
  );
}

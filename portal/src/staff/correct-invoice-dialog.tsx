import { useState } from "react";
import { type MutationResult, useApiMutation, useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { Dialog } from "../components/dialog";
import { EmptyState } from "../components/empty-state";
import { FieldRow, TextAreaField, TextField } from "../components/fields";
import { Skeleton } from "../components/skeleton";
import { AMOUNT_MESSAGE, isAmount, rejected } from "../format/input";
import { isolated } from "../format/isolation";
import { noCommissionReasonLabel } from "../format/labels";
import { formatMoney, isZero } from "../format/money";
import { randomKey } from "../format/random-key";
import {
  type CorrectableInvoiceFragment, CorrectInvoiceDocument, type CorrectInvoiceMutation, InvoiceOfCommissionDocument,
  InvoiceToCorrectDocument,
} from "../gql/graphql";
import { useSession } from "../sign-in/session";

interface Handlers {
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

/** Corrects the invoice with an id. */
export function CorrectInvoiceDialog({ id, ...handlers }: Handlers & { readonly id: string }) {
  const { data, error, refetch } = useApiQuery(InvoiceToCorrectDocument, { id });
  const invoice = data?.node && "invoiceId" in data.node ? data.node : null;
  return <Loaded invoice={invoice} isLoaded={data !== undefined} error={error} onRetry={refetch} {...handlers} />;
}

/** Corrects the invoice that a commission is about. */
export function CorrectInvoiceOfCommissionDialog({ id, ...handlers }: Handlers & { readonly id: string }) {
  const { data, error, refetch } = useApiQuery(InvoiceOfCommissionDocument, { id });
  const invoice = data?.commissionEvent?.invoice ?? null;
  return <Loaded invoice={invoice} isLoaded={data !== undefined} error={error} onRetry={refetch} {...handlers} />;
}

interface LoadedProps extends Handlers {
  readonly invoice: CorrectableInvoiceFragment | null;
  readonly isLoaded: boolean;
  readonly error: Parameters<typeof ErrorAlert>[0]["error"] | null;
  readonly onRetry: () => void;
}

function Loaded({ invoice, isLoaded, error, onRetry, ...handlers }: LoadedProps) {
  if (invoice) return <CorrectionForm invoice={invoice} {...handlers} />;
  return (
    <Dialog title="Correct invoice" variant="modal" onClose={handlers.onClose}>
      {error ? <ErrorAlert error={error} onRetry={onRetry} /> : <Missing isLoaded={isLoaded} />}
    </Dialog>
  );
}

const Missing = ({ isLoaded }: { readonly isLoaded: boolean }) =>
  isLoaded ? <EmptyState>Invoice not found.</EmptyState> : <Skeleton width="long" />;

type Corrected = NonNullable<CorrectInvoiceMutation["correctInvoice"]>;

function CorrectionForm({ invoice, onClose, onSuccess }: Handlers & { readonly invoice: CorrectableInvoiceFragment }) {
  const { calendar } = useSession();
  const correct = useApiMutation(CorrectInvoiceDocument);
  // One for the dialog: a request that is repeated because its answer was lost takes effect once.
  const [idempotencyKey] = useState(randomKey);
  const { invoiceId, paymentId, customerId, totalAmount, commissionableAmount, refundedAmount, paidAt } = invoice;
  const { currency } = totalAmount;
  const name = isolated(invoiceId);
  const submit = (valueOf: (name: string) => string): Promise<MutationResult<Corrected>> => {
    const [total, base] = [valueOf("totalAmount"), valueOf("commissionableAmount")];
    if (!isAmount(total)) return Promise.resolve(rejected("totalAmount", AMOUNT_MESSAGE));
    if (!isAmount(base)) return Promise.resolve(rejected("commissionableAmount", AMOUNT_MESSAGE));
    const day = valueOf("paidAt");
    // A day that was not changed keeps its time.
    const correctedPaidAt = day === calendar.dayOf(paidAt) ? paidAt : calendar.startOfDay(day);
    if (!correctedPaidAt) return Promise.resolve(rejected("paidAt", "Enter the day on which the customer paid"));
    return correct({
      input: {
        invoiceId,
        ...(paymentId && { paymentId }),
        customerId: valueOf("customerId"),
        totalAmount: { amount: total, currency },
        commissionableAmount: { amount: base, currency },
        paidAt: correctedPaidAt,
        reason: valueOf("reason"),
        idempotencyKey,
      },
    });
  };
  return (
    <ConfirmDialog
      title={`Correct invoice ${name}`}
      confirmLabel="Correct invoice"
      onClose={onClose}
      onConfirm={submit}
      onSuccess={(corrected) => onSuccess(resultMessage(name, corrected))}
    >
      {(errorOf) => (
        <>
          <p>
            What the invoice earned is reversed, and it is assessed again by the account, the rate and the status in force when
            it was paid. A commission that is in a payout stays, and the difference goes into the partner’s next payout.
            {!isZero(refundedAmount) && ` ${formatMoney(refundedAmount)} of it was refunded.`}
            {paymentId && ` This is the payment ${isolated(paymentId)}.`}
          </p>
          <TextField
            label="Customer id"
            name="customerId"
            required
            autoComplete="off"
            defaultValue={customerId}
            hint={paymentId ? "Of all payments of the invoice" : undefined}
            error={errorOf("customerId")}
          />
          <FieldRow>
            <TextField
              label={`Total in ${currency}`}
              name="totalAmount"
              inputMode="decimal"
              required
              autoComplete="off"
              defaultValue={totalAmount.amount}
              error={errorOf("totalAmount")}
            />
            <TextField
              label={`Base amount in ${currency}`}
              name="commissionableAmount"
              inputMode="decimal"
              required
              autoComplete="off"
              defaultValue={commissionableAmount.amount}
              hint="The part that earns a commission"
              error={errorOf("commissionableAmount")}
            />
          </FieldRow>
          <TextField
            label="Paid on"
            name="paidAt"
            type="date"
            required
            defaultValue={calendar.dayOf(paidAt)}
            error={errorOf("paidAt")}
          />
          <TextAreaField label="Reason" name="reason" required hint="Stored in the history" error={errorOf("reason")} />
        </>
      )}
    </ConfirmDialog>
  );
}

function resultMessage(name: string, { outcome, commissionEvent, replaced }: Corrected): string {
  if (outcome === "ALREADY_RECORDED") return `Nothing changed: ${name} was recorded like this before.`;
  const former = replaced ? ` instead of ${formatMoney(replaced.commissionAmount)}` : "";
  if (commissionEvent) return `Corrected ${name}. It earns ${formatMoney(commissionEvent.commissionAmount)}${former}.`;
  const cause = outcome ? `: ${noCommissionReasonLabel(outcome).toLowerCase()}` : "";
  return `Corrected ${name}. It earns nothing${former}${cause}.`;
}

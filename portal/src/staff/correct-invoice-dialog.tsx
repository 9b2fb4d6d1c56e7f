import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { type MutationResult, useApiMutation, useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { Dialog } from "../components/dialog";
import { EmptyState } from "../components/empty-state";
import { FieldRow, TextAreaField, TextField } from "../components/fields";
import { Skeleton } from "../components/skeleton";
import { amountMessage, decimalText, parseAmount, rejected } from "../format/input";
import { isolated } from "../format/isolation";
import { noCommissionReasonLabel } from "../format/labels";
import { formatMoney, isCurrency, isZero } from "../format/money";
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
    <Dialog title={t`Correct invoice`} variant="modal" onClose={handlers.onClose}>
      {error ? <ErrorAlert error={error} onRetry={onRetry} /> : <Missing isLoaded={isLoaded} />}
    </Dialog>
  );
}

const Missing = ({ isLoaded }: { readonly isLoaded: boolean }) =>
  isLoaded ? <EmptyState><Trans>Invoice not found.</Trans></EmptyState> : <Skeleton width="long" />;

type Corrected = NonNullable<CorrectInvoiceMutation["correctInvoice"]>;

function CorrectionForm({ invoice, onClose, onSuccess }: Handlers & { readonly invoice: CorrectableInvoiceFragment }) {
  const { calendar } = useSession();
  const correct = useApiMutation(CorrectInvoiceDocument);
  // One for the dialog: a request that is repeated because its answer was lost takes effect once.
  const [idempotencyKey] = useState(randomKey);
  const { invoiceId, paymentId, customerId, totalAmount, commissionableAmount, refundedAmount, paidAt } = invoice;
  const name = isolated(invoiceId);
  const submit = (valueOf: (name: string) => string): Promise<MutationResult<Corrected>> => {
    const [total, base] = [parseAmount(valueOf("totalAmount")), parseAmount(valueOf("commissionableAmount"))];
    if (!total) return Promise.resolve(rejected("totalAmount", amountMessage(valueOf("totalAmount"))));
    if (!base) return Promise.resolve(rejected("commissionableAmount", amountMessage(valueOf("commissionableAmount"))));
    const currency = valueOf("currency").toUpperCase();
    if (!isCurrency(currency)) return Promise.resolve(rejected("currency", t`Enter the code of a currency, such as USD`));
    const day = valueOf("paidAt");
    // A day that was not changed keeps its time.
    const correctedPaidAt = day === calendar.dayOf(paidAt) ? paidAt : calendar.startOfDay(day);
    if (!correctedPaidAt) return Promise.resolve(rejected("paidAt", t`Enter the day on which the customer paid`));
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
      title={t`Correct invoice ${name}`}
      confirmLabel={t`Correct invoice`}
      onClose={onClose}
      onConfirm={submit}
      onSuccess={(corrected) => onSuccess(resultMessage(name, corrected))}
    >
      {(errorOf) => (
        <>
          <p>
            <Trans>
              What the invoice earned is reversed, and it is assessed again by the account, the rate and the status in force when
              it was paid. A commission that is in a payout stays, and the difference goes into the partner’s next payout. Leave
              all as it is to assess it again, for example after a rate was corrected.
            </Trans>
            {!isZero(refundedAmount) && ` ${t`${formatMoney(refundedAmount)} of it was refunded.`}`}
            {paymentId && ` ${t`This is the payment ${isolated(paymentId)}.`}`}
          </p>
          <TextField
            label={t`Customer id`}
            name="customerId"
            required
            autoComplete="off"
            defaultValue={customerId}
            hint={paymentId ? t`Of all payments of the invoice` : undefined}
            error={errorOf("customerId")}
          />
          <FieldRow>
            <TextField
              label={t`Total`}
              name="totalAmount"
              inputMode="decimal"
              required
              autoComplete="off"
              defaultValue={decimalText(totalAmount.amount)}
              error={errorOf("totalAmount")}
            />
            <TextField
              label={t`Base amount`}
              name="commissionableAmount"
              inputMode="decimal"
              required
              autoComplete="off"
              defaultValue={decimalText(commissionableAmount.amount)}
              hint={t`The part that earns a commission`}
              error={errorOf("commissionableAmount")}
            />
            <TextField
              label={t`Currency`}
              name="currency"
              required
              maxLength={3}
              autoComplete="off"
              defaultValue={totalAmount.currency}
              error={errorOf("currency")}
            />
          </FieldRow>
          <TextField
            label={t`Paid on`}
            name="paidAt"
            type="date"
            required
            defaultValue={calendar.dayOf(paidAt)}
            error={errorOf("paidAt")}
          />
          <TextAreaField label={t`Reason`} name="reason" required hint={t`Stored in the history`} error={errorOf("reason")} />
        </>
      )}
    </ConfirmDialog>
  );
}

function resultMessage(name: string, { outcome, commissionEvent, replaced }: Corrected): string {
  if (outcome === "ALREADY_RECORDED") return t`Nothing changed: ${name} was recorded like this before.`;
  const former = replaced && formatMoney(replaced.commissionAmount);
  if (commissionEvent) {
    const amount = formatMoney(commissionEvent.commissionAmount);
    return former
      ? t`Corrected ${name}. It earns ${amount} instead of ${former}.`
      : t`Corrected ${name}. It earns ${amount}. The commission waits for approval in the work queue.`;
  }
  const message = former ? t`Corrected ${name}. It earns nothing instead of ${former}.` : t`Corrected ${name}. It earns nothing.`;
  return outcome ? `${message} ${noCommissionReasonLabel(outcome)}.` : message;
}

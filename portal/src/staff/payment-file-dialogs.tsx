import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { type ChangedType, useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { Dialog } from "../components/dialog";
import { ErrorText } from "../components/error-text";
import { TextAreaField, TextField } from "../components/fields";
import { isolated } from "../format/isolation";
import { formatMoney, formatMoneyList, totalsByCurrency } from "../format/money";
import { unsentWords } from "../format/rail-sentences";
import { SettlePaymentFileDocument, type SettlePaymentFileMutation, WithdrawPaymentFileDocument } from "../gql/graphql";
import css from "./bulk-dialog.module.css";
import type { PaymentFileDetail } from "./payment-file-page";
import { sendAgain } from "./repeated-act";

interface Props {
  readonly file: PaymentFileDetail;
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

const TYPE: ChangedType = "Payout";

type Settled = NonNullable<SettlePaymentFileMutation["settlePaymentFile"]>;
type Attempt = PaymentFileDetail["attempts"][number];

const labelOf = ({ amount, payout }: Attempt) => t`${isolated(payout.partner.companyName)}, ${formatMoney(amount)}`;

/** Completes the payouts of a file that the bank has paid. Those that are ticked stay open. */
export function SettleFileDialog({ file, onClose, onSuccess, onChange }: Props & { readonly onChange: () => void }) {
  const settle = useApiMutation(SettlePaymentFileDocument, TYPE);
  const [except, setExcept] = useState<ReadonlySet<string>>(new Set());
  const [settled, setSettled] = useState<Settled | null>(null);
  const open = file.attempts.filter(({ status }) => status === "SENT");
  const paid = open.filter(({ payout }) => !except.has(payout.id));
  if (settled) return <SettledDialog settled={settled} attempts={open} onClose={onClose} />;
  const toggle = (id: string, isExcept: boolean) => {
    const next = new Set(except);
    if (isExcept) next.add(id);
    else next.delete(id);
    setExcept(next);
  };
  const save = (valueOf: (name: string) => string) =>
    // Each payout is completed once, however often this is sent.
    sendAgain(() => settle({ input: { id: file.id, reference: valueOf("reference"), except: [...except] } }), () => {});
  return (
    <ConfirmDialog
      title={t`Has the bank paid this file?`}
      confirmLabel={plural(paid.length, { one: "Complete # payout", other: "Complete # payouts" })}
      canConfirm={paid.length > 0}
      onClose={onClose}
      onConfirm={save}
      onSuccess={(payload) => {
        if (payload.skipped && payload.skipped.length > 0) {
          onChange();
          return setSettled(payload);
        }
        onSuccess(plural(payload.completedCount ?? 0, { one: "# payout completed.", other: "# payouts completed." }));
      }}
    >
      {(errorOf) => (
        <>
          <p>{t`Total: ${paid.length === 0 ? t`nothing` : formatMoneyList(totalsByCurrency(paid.map(({ amount }) => amount)))}`}</p>
          <p><Trans>Confirm that the money has left your account. This is final: the commissions are settled.</Trans></p>
          <TextField
            label={t`Reference of the bank`}
            name="reference"
            required
            maxLength={255}
            autoComplete="off"
            hint={t`Such as that of the booking on the statement of your account`}
            error={errorOf("reference")}
          />
          <fieldset>
            <legend><Trans>Tick what the bank has not paid</Trans></legend>
            <p className="muted">
              <Trans>
                These payouts stay open. Record each of them afterwards: as paid, or as not paid, which makes it ready again.
              </Trans>
            </p>
            <ul className={css.failures}>
              {open.map((attempt) => (
                <li key={attempt.id}>
                  <label>
                    <input
                      type="checkbox"
                      checked={except.has(attempt.payout.id)}
                      onChange={({ target }) => toggle(attempt.payout.id, target.checked)}
                    />{" "}
                    {labelOf(attempt)}
                  </label>
                </li>
              ))}
            </ul>
          </fieldset>
        </>
      )}
    </ConfirmDialog>
  );
}

interface SettledProps {
  readonly settled: Settled;
  readonly attempts: readonly Attempt[];
  readonly onClose: () => void;
}

/** The payouts that were not completed, and why. */
function SettledDialog({ settled: { completedCount, skipped }, attempts, onClose }: SettledProps) {
  return (
    <Dialog title={t`Done in part`} variant="modal" onClose={onClose}>
      <div className="stack" role="status">
        <p>
          {plural(completedCount ?? 0, { one: "# payout completed.", other: "# payouts completed." })}{" "}
          <Trans>The others are still open; you can do this again.</Trans>
        </p>
        <ul className={css.failures} aria-label={t`Skipped`}>
          {(skipped ?? []).map(({ id, code, message }) => {
            const attempt = attempts.find(({ payout }) => payout.id === id);
            return (
              <li key={id}>
                {attempt ? labelOf(attempt) : id}: <ErrorText {...unsentWords(code, message)} />
              </li>
            );
          })}
        </ul>
      </div>
      <div className="buttons">
        <button className="button-primary" type="button" onClick={onClose}>
          <Trans>Close</Trans>
        </button>
      </div>
    </Dialog>
  );
}

/** Withdraws a file that was never downloaded. */
export function WithdrawFileDialog({ file, onClose, onSuccess }: Props) {
  const withdraw = useApiMutation(WithdrawPaymentFileDocument, TYPE);
  return (
    <ConfirmDialog
      title={t`Withdraw this payment file?`}
      confirmLabel={t`Withdraw`}
      onClose={onClose}
      onConfirm={(valueOf) => sendAgain(() => withdraw({ input: { id: file.id, reason: valueOf("reason") } }), () => {})}
      onSuccess={() => onSuccess(t`Payment file withdrawn: its payouts are ready again.`)}
    >
      {(errorOf) => (
        <>
          <p>
            {plural(file.payoutCount, {
              one: `# payout, ${formatMoney(file.totalAmount)}, is ready again.`,
              other: `# payouts, ${formatMoney(file.totalAmount)}, are ready again.`,
            })}
          </p>
          <TextAreaField label={t`Reason`} name="reason" required hint={t`Stored in the history`} error={errorOf("reason")} />
        </>
      )}
    </ConfirmDialog>
  );
}

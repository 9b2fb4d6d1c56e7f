import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";
import { ConfirmDialog } from "../components/confirm-dialog";
import { TextAreaField } from "../components/fields";
import { formatMoney } from "../format/money";
import { type CommissionDetail, CommissionDialog } from "../partners/commission-dialog";
import { useCanManageCommissions } from "../sign-in/session";
import { CorrectInvoiceOfCommissionDialog } from "./correct-invoice-dialog";
import { type Decision, useDecide } from "./decision";

interface ActionText {
  readonly label: string;
  /** What the action does. */
  readonly explanation: string;
  readonly done: string;
}

const TEXTS: Readonly<Record<Decision, ActionText>> = {
  approve: {
    label: t`Approve`,
    explanation: t`The commission goes into the partner’s next payout.`,
    done: t`The commission was approved`,
  },
  revert: {
    label: t`Revert approval`,
    explanation: t`The commission waits for approval again.`,
    done: t`The approval was reverted`,
  },
  hold: {
    label: t`Hold back`,
    explanation: t`No payout pays the commission until it is released. Its status stays.`,
    done: t`The commission is held back`,
  },
  release: {
    label: t`Release`,
    explanation: t`The next payout can pay the commission.`,
    done: t`The commission was released`,
  },
  cancel: {
    label: t`Cancel commission`,
    explanation: t`Cancelled commissions are never paid. You cannot undo this.`,
    done: t`The commission was cancelled`,
  },
};

/** The actions that are possible for a commission. A reversal is decided on together with its original. */
function commissionActions({ status, heldAt, reverses }: CommissionDetail): readonly Decision[] {
  if (reverses || (status !== "PENDING" && status !== "APPROVED")) return [];
  const hold: Decision = heldAt ? "release" : "hold";
  return status === "APPROVED" ? ["revert", hold, "cancel"] : ["approve", hold, "cancel"];
}

interface Props {
  /** Called with a message for the user after an action succeeded. */
  readonly onSuccess: (message: string) => void;
}

/** The details of the commission in the URL, with buttons for what can be done with it. */
export function StaffCommissionDialog({ onSuccess }: Props) {
  const canManage = useCanManageCommissions();
  const [confirming, setConfirming] = useState<ConfirmationProps | null>(null);
  const [correcting, setCorrecting] = useState<string | null>(null);
  const buttons = (commission: CommissionDetail): ReactNode => {
    const actions = commissionActions(commission);
    const canCorrect = commission.eventType === "INVOICE_PAID";
    if (!canManage || (actions.length === 0 && !canCorrect)) return null;
    return (
      <div className="buttons">
        {actions.map((action) => (
          <button
            key={action}
            className={action === "approve" ? "button-primary" : "button"}
            type="button"
            onClick={() =>
              setConfirming({
                action,
                commission,
                onClose: () => setConfirming(null),
                onSuccess: (message) => {
                  setConfirming(null);
                  onSuccess(message);
                },
              })
            }
          >
            {TEXTS[action].label}…
          </button>
        ))}
        {canCorrect && (
          <button className="button" type="button" onClick={() => setCorrecting(commission.id)}>
            <Trans>Correct invoice…</Trans>
          </button>
        )}
      </div>
    );
  };
  return (
    <>
      <CommissionDialog actions={buttons} />
      {confirming && <Confirmation {...confirming} />}
      {correcting && (
        <CorrectInvoiceOfCommissionDialog
          id={correcting}
          onClose={() => setCorrecting(null)}
          onSuccess={(message) => {
            setCorrecting(null);
            onSuccess(message);
          }}
        />
      )}
    </>
  );
}

interface ConfirmationProps extends Props {
  readonly action: Decision;
  readonly commission: CommissionDetail;
  readonly onClose: () => void;
}

function Confirmation({ action, commission, onClose, onSuccess }: ConfirmationProps) {
  const decide = useDecide(action);
  const { label, explanation, done } = TEXTS[action];
  const amount = formatMoney(commission.commissionAmount);
  return (
    <ConfirmDialog
      title={`${label}?`}
      confirmLabel={label}
      onClose={onClose}
      onConfirm={(valueOf) => decide([commission.id], valueOf("reason"))}
      onSuccess={() => onSuccess(`${done}: ${amount}.`)}
    >
      {(errorOf) => (
        <>
          <p>
            {amount}. {explanation}
          </p>
          {action !== "approve" && (
            <TextAreaField label={t`Reason`} name="reason" required hint={t`Stored in the history`} error={errorOf("reason")} />
          )}
        </>
      )}
    </ConfirmDialog>
  );
}

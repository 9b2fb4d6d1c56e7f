import { type ReactNode, useState } from "react";
import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { TextAreaField } from "../components/fields";
import { formatMoney } from "../format/money";
import {
  CancelCommissionEventsDocument, HoldCommissionEventsDocument, ReleaseCommissionEventsDocument, RevertApprovalDocument,
} from "../gql/graphql";
import { type CommissionDetail, CommissionDialog } from "../partners/commission-dialog";
import { useCanManageCommissions } from "../sign-in/session";
import { CorrectInvoiceOfCommissionDialog } from "./correct-invoice-dialog";

type CommissionAction = "revert" | "hold" | "release" | "cancel";

interface ActionText {
  readonly label: string;
  /** What the action does. */
  readonly explanation: string;
  readonly done: string;
}

const TEXTS: Readonly<Record<CommissionAction, ActionText>> = {
  revert: {
    label: "Revert approval",
    explanation: "The commission waits for approval again.",
    done: "The approval was reverted",
  },
  hold: {
    label: "Hold back",
    explanation: "No payout pays the commission until it is released. Its status stays.",
    done: "The commission is held back",
  },
  release: {
    label: "Release",
    explanation: "The next payout can pay the commission.",
    done: "The commission was released",
  },
  cancel: {
    label: "Cancel commission",
    explanation: "Cancelled commissions are never paid. You cannot undo this.",
    done: "The commission was cancelled",
  },
};

/** The actions that are possible for a commission. A reversal is decided on together with its original. */
function commissionActions({ status, heldAt, reverses }: CommissionDetail): readonly CommissionAction[] {
  if (reverses || (status !== "PENDING" && status !== "APPROVED")) return [];
  const hold: CommissionAction = heldAt ? "release" : "hold";
  return status === "APPROVED" ? ["revert", hold, "cancel"] : [hold, "cancel"];
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
            className="button"
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
            Correct invoice…
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
  readonly action: CommissionAction;
  readonly commission: CommissionDetail;
  readonly onClose: () => void;
}

function Confirmation({ action, commission, onClose, onSuccess }: ConfirmationProps) {
  const mutations = {
    revert: useApiMutation(RevertApprovalDocument),
    hold: useApiMutation(HoldCommissionEventsDocument),
    release: useApiMutation(ReleaseCommissionEventsDocument),
    cancel: useApiMutation(CancelCommissionEventsDocument),
  };
  const { label, explanation, done } = TEXTS[action];
  const amount = formatMoney(commission.commissionAmount);
  return (
    <ConfirmDialog
      title={`${label}?`}
      confirmLabel={label}
      onClose={onClose}
      onConfirm={(valueOf) => mutations[action]({ input: { ids: [commission.id], reason: valueOf("reason") } })}
      onSuccess={() => onSuccess(`${done}: ${amount}.`)}
    >
      {(errorOf) => (
        <>
          <p>
            {amount}. {explanation}
          </p>
          <TextAreaField label="Reason" name="reason" required hint="Stored in the history" error={errorOf("reason")} />
        </>
      )}
    </ConfirmDialog>
  );
}

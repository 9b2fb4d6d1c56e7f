import { type ReactNode, useState } from "react";
import { PayoutDialog, type PayoutDetail } from "../partners/payout-dialog";
import { useCanManageCommissions } from "../sign-in/session";
import { type PayoutAction, PayoutActionDialog, payoutActionLabel, payoutActions } from "./payout-action-dialog";

interface PendingConfirmation {
  readonly action: PayoutAction;
  readonly payout: PayoutDetail;
}

interface Props {
  /** Called with a message for the user after an action succeeded. */
  readonly onSuccess: (message: string) => void;
}

/** The details of the payout in the URL, with buttons for the actions that its status allows. */
export function StaffPayoutDialog({ onSuccess }: Props) {
  const canManage = useCanManageCommissions();
  const [confirming, setConfirming] = useState<PendingConfirmation | null>(null);
  const buttons = (payout: PayoutDetail): ReactNode => {
    const actions = payoutActions(payout.status);
    if (!canManage || actions.length === 0) return null;
    return (
      <div className="buttons">
        {actions.map((action) => (
          <button
            key={action}
            className={action === "complete" ? "button-primary" : "button"}
            type="button"
            onClick={() => setConfirming({ action, payout })}
          >
            {payoutActionLabel(action)}
          </button>
        ))}
      </div>
    );
  };
  return (
    <>
      <PayoutDialog actions={buttons} />
      {confirming && (
        <PayoutActionDialog
          {...confirming}
          onClose={() => setConfirming(null)}
          onSuccess={(message) => {
            setConfirming(null);
            onSuccess(message);
          }}
        />
      )}
    </>
  );
}

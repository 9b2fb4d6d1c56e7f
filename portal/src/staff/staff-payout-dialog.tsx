import { Trans } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";
import { StatusBadge } from "../components/status-badge";
import { attentionLabel } from "../format/labels";
import { attentionSentence, IN_FILE_SENTENCE, underWaySentence } from "../format/rail-sentences";
import css from "../partners/details.module.css";
import { PayoutDialog, type PayoutDetail } from "../partners/payout-dialog";
import { useCanManageCommissions } from "../sign-in/session";
import { type PayoutAction, PayoutActionDialog, payoutActionLabel, payoutActions } from "./payout-action-dialog";
import { PayoutAttempts } from "./payout-attempts";
import { SendPayoutsDialog } from "./send-payouts-dialog";
import { useStripe } from "./stripe-state";

interface PendingConfirmation {
  readonly action: PayoutAction;
  readonly payout: PayoutDetail;
}

interface Props {
  /** Called with a message for the user after an action succeeded. */
  readonly onSuccess: (message: string) => void;
}

/** Why the payout cannot be changed by hand now: an attempt to send it is under way. */
function underWay({ status, attempts }: PayoutDetail): string | undefined {
  if (status !== "PROCESSING") return undefined;
  return attempts.map((attempt) => underWaySentence(attempt.status)).find((sentence) => sentence !== undefined);
}

/** Whether a payment file has the payout, and it is not recorded yet what the bank has done. */
const isInFile = ({ status, attempts }: PayoutDetail) => status === "PROCESSING" && attempts.some((attempt) => attempt.status === "SENT");

/** The details of the payout in the URL, with buttons for the actions that its status allows. */
export function StaffPayoutDialog({ onSuccess }: Props) {
  const canManage = useCanManageCommissions();
  const [confirming, setConfirming] = useState<PendingConfirmation | null>(null);
  const [sending, setSending] = useState<PayoutDetail | null>(null);
  const details = (payout: PayoutDetail): ReactNode => (
    <>
      {payout.attention && (
        <div className={css.highlight}>
          <StatusBadge {...attentionLabel(payout.attention)} />
          <p>{attentionSentence(payout.attention)}</p>
          {underWay(payout) && <p>{underWay(payout)}</p>}
        </div>
      )}
      {isInFile(payout) && <p className="muted">{IN_FILE_SENTENCE}</p>}
      {!payout.attention && underWay(payout) && <p className="muted">{underWay(payout)}</p>}
      {canManage && <ActButtons payout={payout} onAct={(action) => setConfirming({ action, payout })} onSend={() => setSending(payout)} />}
      <PayoutAttempts payout={payout} canManage={canManage} onSuccess={onSuccess} />
    </>
  );
  return (
    <>
      <PayoutDialog actions={details} />
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
      {sending && <SendOneDialog payout={sending} onClose={() => setSending(null)} />}
    </>
  );
}

interface ButtonsProps {
  readonly payout: PayoutDetail;
  readonly onAct: (action: PayoutAction) => void;
  readonly onSend: () => void;
}

/** The acts that the status of the payout permits; none by hand while an attempt is under way. */
function ActButtons({ payout, onAct, onSend }: ButtonsProps) {
  const { stripe } = useStripe(payout.status !== "READY");
  const actions = underWay(payout) ? [] : payoutActions(payout.status);
  if (actions.length === 0) return null;
  const canSend = stripe && payout.status === "READY";
  const nextAction = payout.status === "READY" ? "start" : "complete";
  return (
    <div className="buttons">
      {canSend && (
        <button className="button-primary" type="button" onClick={onSend}>
          <Trans>Send by Stripe…</Trans>
        </button>
      )}
      {actions.map((action) => (
        <button
          key={action}
          className={action === nextAction && !canSend ? "button-primary" : "button"}
          type="button"
          onClick={() => onAct(action)}
        >
          {payoutActionLabel(action)}…
        </button>
      ))}
    </div>
  );
}

/** Sends one payout. What became of it is shown in the same way as that of several. */
function SendOneDialog({ payout, onClose }: { readonly payout: PayoutDetail; readonly onClose: () => void }) {
  const { stripe } = useStripe();
  return stripe ? <SendPayoutsDialog stripe={stripe} payouts={[payout]} onClose={onClose} onEnd={() => {}} /> : null;
}

import { t } from "@lingui/core/macro";
import { useEffect, useEffectEvent, useState } from "react";
import { useToast } from "../components/toasts";
import { payoutAccountStatusLabel } from "../format/payout-account";
import { useAccountChange } from "./account-change";

/** What is kept while the partner is on the page of Stripe: the id of the partner. */
const AWAY_KEY = "revshare.at-stripe";

/** Remembers that the partner goes to the page of Stripe, so that its account is looked at when it comes back. */
export const rememberAway = (partnerId: string) => sessionStorage.setItem(AWAY_KEY, partnerId);

interface Props {
  readonly partnerId: string;
  /** Called when the status may be another one. */
  readonly onChecked: () => void;
}

/** Asks Stripe for the status of an account: on demand, and at once when the partner comes back from the page of Stripe. */
export function CheckAccountButton({ partnerId, onChecked }: Props) {
  const { check } = useAccountChange(partnerId);
  const [isChecking, setIsChecking] = useState(false);
  const showToast = useToast();
  const ask = async (isSilent: boolean) => {
    if (isChecking) return;
    setIsChecking(true);
    const result = await check();
    setIsChecking(false);
    onChecked();
    if (isSilent) return;
    const account = "payload" in result ? result.payload.payoutAccount : null;
    showToast(account ? t`Stripe says: ${payoutAccountStatusLabel(account.status).label}.` : t`Stripe could not be asked. Try again later.`);
  };
  const askOnReturn = useEffectEvent(() => {
    if (sessionStorage.getItem(AWAY_KEY) !== partnerId) return;
    sessionStorage.removeItem(AWAY_KEY);
    void ask(true);
  });
  useEffect(() => askOnReturn(), [partnerId]);
  return (
    <button className="button" type="button" aria-disabled={isChecking} onClick={() => void ask(false)}>
      {isChecking ? t`One moment…` : t`Check again`}
    </button>
  );
}

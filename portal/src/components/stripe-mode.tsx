import { t } from "@lingui/core/macro";
import { StatusBadge } from "./status-badge";

/** Whether real money is moved. */
export function StripeMode({ isLive }: { readonly isLive: boolean }) {
  return (
    <>
      {isLive ? <StatusBadge label={t`Live`} tone="active" /> : <StatusBadge label={t`Test mode`} tone="pending" />}{" "}
      <span className="muted">{isLive ? t`real money is moved` : t`no real money is moved`}</span>
    </>
  );
}

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "react-router";
import { isolated } from "../format/isolation";
import { formatMoney } from "../format/money";
import type { PayoutRowFragment } from "../gql/graphql";
import { useOpenItem } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { PartnerLink } from "./partner-layout";

/** Statuses of a payout after which a failed one before it needs nobody's attention any more. */
const FOLLOWING: ReadonlySet<string> = new Set(["READY", "PROCESSING", "COMPLETED"]);

/** The statuses of a payout whose money did not stay with the partner. */
const UNPAID: ReadonlySet<string> = new Set(["FAILED", "RETURNED"]);

/** The latest payout that failed or was returned, unless a payout in its currency has followed; `payouts` are the latest ones first. */
export function openFailure(payouts: readonly PayoutRowFragment[]): PayoutRowFragment | undefined {
  const followed = new Set<string>();
  return payouts.find(({ status, totalAmount: { currency } }) => {
    if (FOLLOWING.has(status)) followed.add(currency);
    return UNPAID.has(status) && !followed.has(currency);
  });
}

/** What a partner can do about a payout that failed, or whose money came back. */
export function FailedPayoutBanner({ payouts }: { readonly payouts: readonly PayoutRowFragment[] }) {
  const { viewer } = useSession();
  const { linkTo } = useOpenItem("payout");
  const payout = openFailure(payouts);
  if (!payout) return null;
  const { id, status, totalAmount } = payout;
  const isReturned = status === "RETURNED";
  const reason = isReturned ? payout.returnReason : payout.failureReason;
  return (
    <section className="banner" aria-label={isReturned ? t`Returned payout` : t`Failed payout`}>
      <div>
        <h2>
          {isReturned
            ? t`The money of your payout of ${formatMoney(totalAmount)} came back`
            : t`Your payout of ${formatMoney(totalAmount)} failed`}
        </h2>
        {reason && (
          <p>
            <Trans>
              Reason: <bdi>{reason}</bdi>
            </Trans>
          </p>
        )}
        <p>
          <Trans>
            No money is lost: its commissions can be paid by the next payout. See whether your{" "}
            <PartnerLink to="/partners/payout-account">payout account</PartnerLink> is right, or ask {isolated(viewer.tenant.name)}.
          </Trans>
        </p>
      </div>
      <Link {...linkTo(id)}><Trans>Show payout</Trans></Link>
    </section>
  );
}

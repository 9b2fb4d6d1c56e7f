import { Link } from "react-router";
import { isolated } from "../format/isolation";
import { formatMoney } from "../format/money";
import type { PayoutRowFragment } from "../gql/graphql";
import { useOpenItem } from "../hooks/url-state";
import { useSession } from "../sign-in/session";

/** Statuses of a payout after which a failed one before it needs nobody's attention any more. */
const FOLLOWING: ReadonlySet<string> = new Set(["READY", "PROCESSING", "COMPLETED"]);

/** The latest payout that failed, unless a payout in its currency has followed; `payouts` are the latest ones first. */
function openFailure(payouts: readonly PayoutRowFragment[]): PayoutRowFragment | undefined {
  const followed = new Set<string>();
  return payouts.find(({ status, totalAmount: { currency } }) => {
    if (FOLLOWING.has(status)) followed.add(currency);
    return status === "FAILED" && !followed.has(currency);
  });
}

/** What a partner can do about a payout that failed. */
export function FailedPayoutBanner({ payouts }: { readonly payouts: readonly PayoutRowFragment[] }) {
  const { viewer } = useSession();
  const { linkTo } = useOpenItem("payout");
  const payout = openFailure(payouts);
  if (!payout) return null;
  const { id, totalAmount, failureReason } = payout;
  return (
    <section className="banner" aria-label="Failed payout">
      <div>
        <h2>Your payout of {formatMoney(totalAmount)} failed</h2>
        {failureReason && (
          <p>
            Reason: <bdi>{failureReason}</bdi>
          </p>
        )}
        <p>
          No money is lost: its commissions can be paid by the next payout. Check with {isolated(viewer.tenant.name)} that they
          have your right bank details.
        </p>
      </div>
      <Link {...linkTo(id)}>Show payout</Link>
    </section>
  );
}

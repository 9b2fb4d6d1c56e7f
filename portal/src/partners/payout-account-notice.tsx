import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { Viewer } from "../api";
import { isolated } from "../format/isolation";
import { stripeAccountOf } from "../format/payout-account";
import { PartnerLink } from "./partner-layout";

type PayoutAccountNeed = "MISSING" | "INCOMPLETE" | "RESTRICTED";

/** What is missing before a partner can be paid by Stripe; undefined if nothing is, or if the tenant pays by hand. */
export function payoutAccountNeed(viewer: Viewer, partnerId: string): PayoutAccountNeed | undefined {
  const { payoutRails }: Partial<Viewer["tenant"]> = viewer.tenant;
  if (viewer.kind !== "PARTNER_USER" || !payoutRails?.includes("STRIPE")) return undefined;
  const partner: Partial<Viewer["partners"][number]> | undefined = viewer.partners.find(({ id }) => id === partnerId);
  if (!partner?.payoutAccounts) return undefined;
  const account = stripeAccountOf(partner.payoutAccounts);
  if (!account || account.status === "ENDED") return "MISSING";
  return account.status === "INCOMPLETE" || account.status === "RESTRICTED" ? account.status : undefined;
}

interface Props {
  readonly viewer: Viewer;
  readonly partnerId: string;
}

/** What a partner has to do before it can be paid, with the way to its payout account. Renders nothing if nothing is missing. */
export function PayoutAccountNotice({ viewer, partnerId }: Props) {
  const need = payoutAccountNeed(viewer, partnerId);
  if (!need) return null;
  const tenant = isolated(viewer.tenant.name);
  return (
    <section className={need === "RESTRICTED" ? "banner" : "banner banner-notice"} aria-label={t`Your payout account`}>
      <div>
        <h2>{TITLES[need]}</h2>
        <p>
          {need === "MISSING" && (
            <Trans>{tenant} sends payouts to accounts at Stripe. You will be paid once you have opened an account.</Trans>
          )}
          {need === "INCOMPLETE" && <Trans>Stripe needs more details before you can be paid.</Trans>}
          {need === "RESTRICTED" && <Trans>Stripe does not let money be sent to your account at the moment.</Trans>}
        </p>
      </div>
      <PartnerLink to="/partners/payout-account">{LINKS[need]}</PartnerLink>
    </section>
  );
}

const TITLES: Readonly<Record<PayoutAccountNeed, string>> = {
  MISSING: t`Open an account to be paid`,
  INCOMPLETE: t`Complete your payout account`,
  RESTRICTED: t`Your payout account is restricted`,
};

const LINKS: Readonly<Record<PayoutAccountNeed, string>> = {
  MISSING: t`Open payout account`,
  INCOMPLETE: t`Complete payout account`,
  RESTRICTED: t`Show payout account`,
};

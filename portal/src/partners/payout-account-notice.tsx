import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { Viewer } from "../api";
import { isolated } from "../format/isolation";
import type { PayoutRail } from "../gql/graphql";
import { PartnerLink } from "./partner-layout";

type PayoutAccountNeed = "MISSING" | "INCOMPLETE" | "RESTRICTED";

/** What is missing before a partner can be paid to one of its accounts; undefined if nothing is, or if the tenant pays by hand. */
export function payoutAccountNeed(viewer: Viewer, partnerId: string): PayoutAccountNeed | undefined {
  const { payoutRails = [] }: Partial<Viewer["tenant"]> = viewer.tenant;
  if (viewer.kind !== "PARTNER_USER" || payoutRails.length === 0) return undefined;
  const partner: Partial<Viewer["partners"][number]> | undefined = viewer.partners.find(({ id }) => id === partnerId);
  if (!partner?.payoutAccounts) return undefined;
  const statuses = partner.payoutAccounts.filter(({ rail }) => payoutRails.includes(rail)).map(({ status }) => status);
  // A bank account that waits for its confirmation is nothing that the partner can do something about.
  if (statuses.includes("READY") || statuses.includes("UNCONFIRMED")) return undefined;
  if (statuses.includes("INCOMPLETE")) return "INCOMPLETE";
  return statuses.includes("RESTRICTED") ? "RESTRICTED" : "MISSING";
}

/** What a partner without an account is told, by the rails of the tenant. */
function missingSentence(rails: readonly PayoutRail[], tenant: string): string {
  const [byStripe, byFile] = [rails.includes("STRIPE"), rails.includes("FILE")];
  if (byStripe && byFile) {
    return t`${tenant} pays to accounts at Stripe and to bank accounts. You will be paid once you have one of them.`;
  }
  return byFile
    ? t`${tenant} pays to bank accounts. You will be paid once you have given yours, and it was confirmed.`
    : t`${tenant} sends payouts to accounts at Stripe. You will be paid once you have opened an account.`;
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
          {need === "MISSING" && missingSentence(viewer.tenant.payoutRails, tenant)}
          {need === "INCOMPLETE" && <Trans>Stripe needs more details before you can be paid.</Trans>}
          {need === "RESTRICTED" && <Trans>Stripe does not let money be sent to your account at the moment.</Trans>}
        </p>
      </div>
      <PartnerLink to="/partners/payout-account">{LINKS[need]}</PartnerLink>
    </section>
  );
}

const TITLES: Readonly<Record<PayoutAccountNeed, string>> = {
  MISSING: t`Set up your payout account`,
  INCOMPLETE: t`Complete your payout account`,
  RESTRICTED: t`Your payout account is restricted`,
};

const LINKS: Readonly<Record<PayoutAccountNeed, string>> = {
  MISSING: t`Set up payout account`,
  INCOMPLETE: t`Complete payout account`,
  RESTRICTED: t`Show payout account`,
};

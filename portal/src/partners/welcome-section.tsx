import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Section } from "../components/section";
import { isolated } from "../format/isolation";
import { holdSentence, payoutDaySentence, rateSentence } from "../format/sentences";
import type { RevenuePageQuery } from "../gql/graphql";
import { useSession } from "../sign-in/session";
import { PartnerLink } from "./partner-layout";
import css from "./welcome-section.module.css";

type Partner = NonNullable<RevenuePageQuery["partner"]>;

/** Whether a partner has earned nothing yet. */
export const isNew = ({ balances, payouts, commissionEvents }: Partner) =>
  balances.length === 0 && payouts.totalCount === 0 && commissionEvents.totalCount === 0;

/** What comes next for a partner that has earned nothing yet. Renders nothing for any other. */
export function WelcomeSection({ partner }: { readonly partner: Partner }) {
  const { viewer } = useSession();
  const { companyName, dashboard, defaultCommissionRate } = partner;
  if (!isNew(partner)) return null;
  const { tenant } = viewer;
  const hasCustomers = dashboard.activeCustomers > 0;
  return (
    <Section
      title={t`Welcome, ${isolated(companyName)}`}
      lead={t`You are a partner of ${isolated(tenant.name)}. This page fills with your first commission.`}
      actions={<PartnerLink to="/partners/terms"><Trans>How you earn</Trans></PartnerLink>}
    >
      <ol className={css.steps}>
        <li>
          <h3>{hasCustomers ? t`Customers are assigned to you` : t`Bring a customer`}</h3>
          <p>
            {hasCustomers
              ? t`You find them under “Accounts”. You can bring more: submit a lead under “Referrals”.`
              : t`Submit a lead under “Referrals”. When it becomes a customer, ${isolated(tenant.name)} assigns it to you.`}
          </p>
          <PartnerLink to="/partners/referrals"><Trans>Submit a lead</Trans></PartnerLink>
        </li>
        <li>
          <h3><Trans>The customer pays</Trans></h3>
          <p>{rateSentence(defaultCommissionRate)}</p>
        </li>
        <li>
          <h3><Trans>You are paid</Trans></h3>
          <p>
            {holdSentence(tenant.holdDays)} {payoutDaySentence(tenant.payoutDay, isolated(tenant.name))}
          </p>
        </li>
      </ol>
    </Section>
  );
}

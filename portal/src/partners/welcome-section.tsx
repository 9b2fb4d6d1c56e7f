import { Section } from "../components/section";
import { isolated } from "../format/isolation";
import { holdSentence, payoutDaySentence, rateSentence } from "../format/sentences";
import type { RevenuePageQuery } from "../gql/graphql";
import { useSession } from "../sign-in/session";
import { PartnerLink } from "./partner-layout";
import css from "./welcome-section.module.css";

type Partner = NonNullable<RevenuePageQuery["partner"]>;

/** What comes next for a partner that has earned nothing yet. Renders nothing for any other. */
export function WelcomeSection({ partner }: { readonly partner: Partner }) {
  const { viewer } = useSession();
  const { companyName, dashboard, balances, payouts, commissionEvents, defaultCommissionRate } = partner;
  if (balances.length > 0 || payouts.totalCount > 0 || commissionEvents.totalCount > 0) return null;
  const { tenant } = viewer;
  const hasCustomers = dashboard.activeCustomers > 0;
  return (
    <Section
      title={`Welcome, ${isolated(companyName)}`}
      lead={`You are a partner of ${isolated(tenant.name)}. This page fills with your first commission.`}
      actions={<PartnerLink to="/partners/terms">How you earn</PartnerLink>}
    >
      <ol className={css.steps}>
        <li>
          <h3>{hasCustomers ? "Customers are assigned to you" : "Bring a customer"}</h3>
          <p>
            {hasCustomers
              ? "You find them under “Accounts”. You can bring more: submit a lead under “Referrals”."
              : `Submit a lead under “Referrals”. When it becomes a customer, ${isolated(tenant.name)} assigns it to you.`}
          </p>
          <PartnerLink to="/partners/referrals">Submit a lead</PartnerLink>
        </li>
        <li>
          <h3>The customer pays</h3>
          <p>{rateSentence(defaultCommissionRate)}</p>
        </li>
        <li>
          <h3>You are paid</h3>
          <p>
            {holdSentence(tenant.holdDays)} {payoutDaySentence(tenant.payoutDay, isolated(tenant.name))}
          </p>
        </li>
      </ol>
    </Section>
  );
}

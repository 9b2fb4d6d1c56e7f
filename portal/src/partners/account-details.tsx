import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { StatusBadge } from "../components/status-badge";
import { StripeMode } from "../components/stripe-mode";
import { ExactTime } from "../components/timestamp";
import { disabledReasonInWords, payoutAccountStatusLabel, requirementsInWords } from "../format/payout-account";
import type { PayoutAccountRowFragment } from "../gql/graphql";

/** The account at Stripe that a partner is paid to: its status, and what Stripe needs. */
export function AccountDetails({ account }: { readonly account: PayoutAccountRowFragment }) {
  const { status, destination, isLive, requirements, disabledReason, createdAt, checkedAt } = account;
  return (
    <DescriptionList>
      <DescriptionItem term={t`Status`}>
        <StatusBadge {...payoutAccountStatusLabel(status)} /> {!isLive && <StripeMode isLive={isLive} />}
      </DescriptionItem>
      <DescriptionItem term={t`Account at Stripe`}>{destination}</DescriptionItem>
      {disabledReason && status !== "READY" && (
        <DescriptionItem term={t`Reason`}>{disabledReasonInWords(disabledReason)}</DescriptionItem>
      )}
      {requirements.length > 0 && (
        <DescriptionItem term={t`Stripe still needs`}>
          <ul style={{ margin: 0, paddingInlineStart: "1.25rem" }}>
            {requirementsInWords(requirements).map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        </DescriptionItem>
      )}
      <DescriptionItem term={t`Opened`}>
        <ExactTime at={createdAt} />
      </DescriptionItem>
      <DescriptionItem term={t`Last heard of`}>
        <Trans>
          <ExactTime at={checkedAt} />, from Stripe
        </Trans>
      </DescriptionItem>
    </DescriptionList>
  );
}

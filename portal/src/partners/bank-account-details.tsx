import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { StatusBadge } from "../components/status-badge";
import { ExactTime } from "../components/timestamp";
import { countryName } from "../format/countries";
import { payoutAccountStatusLabel } from "../format/payout-account";
import type { PayoutAccountRowFragment } from "../gql/graphql";

/** The bank account that a partner is paid to by payment files. Only the end of its number is ever shown. */
export function BankAccountDetails({ account }: { readonly account: PayoutAccountRowFragment }) {
  const { status, holder, destination, country, acceptsSepa, createdAt, createdBy, confirmedAt, confirmedBy } = account;
  return (
    <DescriptionList>
      <DescriptionItem term={t`Status`}>
        <StatusBadge {...payoutAccountStatusLabel(status)} />
      </DescriptionItem>
      <DescriptionItem term={t`Holder`}>
        <bdi>{holder}</bdi>
      </DescriptionItem>
      <DescriptionItem term={t`Account number`}>
        <bdi dir="ltr">{destination}</bdi>{" "}
        <span className="muted">{acceptsSepa ? t`can be paid by SEPA` : t`cannot be paid by SEPA`}</span>
      </DescriptionItem>
      {country && <DescriptionItem term={t`Country of the bank`}>{countryName(country)}</DescriptionItem>}
      <DescriptionItem term={t`Given`}>
        {createdBy === null ? (
          <ExactTime at={createdAt} />
        ) : (
          <Trans>
            <ExactTime at={createdAt} />, by <bdi>{createdBy}</bdi>
          </Trans>
        )}
      </DescriptionItem>
      {confirmedAt && (
        <DescriptionItem term={t`Confirmed`}>
          {confirmedBy === null ? (
            <ExactTime at={confirmedAt} />
          ) : (
            <Trans>
              <ExactTime at={confirmedAt} />, by <bdi>{confirmedBy}</bdi>
            </Trans>
          )}
        </DescriptionItem>
      )}
    </DescriptionList>
  );
}

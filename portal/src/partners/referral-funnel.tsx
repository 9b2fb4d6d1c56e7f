import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { EmptyState } from "../components/empty-state";
import { Skeleton } from "../components/skeleton";
import { formatDays } from "../format/dates";
import { leadStatusLabel } from "../format/labels";
import { formatCount, formatPercentage } from "../format/money";
import type { RevenuePageQuery } from "../gql/graphql";
import css from "./referral-funnel.module.css";

type Partner = NonNullable<RevenuePageQuery["partner"]>;
type Stage = Partner["referralFunnel"][number];
type Stats = Pick<Partner["dashboard"], "totalReferrals" | "convertedReferrals" | "conversionRate" | "activeReferrals">;

/** The key numbers of the partner's leads. */
export function ReferralStats({ stats }: { readonly stats: Stats | undefined }) {
  const items = [
    [t`Leads`, stats && formatCount(stats.totalReferrals)],
    [t`Active`, stats && formatCount(stats.activeReferrals)],
    [t`Converted`, stats && formatCount(stats.convertedReferrals)],
    [t`Conversion`, stats && formatPercentage(stats.conversionRate)],
  ] as const;
  return (
    <dl className={css.stats}>
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value ?? <Skeleton width="short" />}</dd>
        </div>
      ))}
    </dl>
  );
}

/** How many leads reached each stage, and the median time they took. */
export function ReferralFunnel({ stages }: { readonly stages: readonly Stage[] | undefined }) {
  const submitted = stages?.[0]?.leads ?? 0;
  if (stages && submitted === 0) return <EmptyState><Trans>No referrals yet. Submit a lead, and follow here how it becomes a customer.</Trans></EmptyState>;
  return (
    <ol className={css.funnel} aria-label={t`Conversion funnel`}>
      {(stages ?? []).map(({ status, leads, medianDays }) => (
        <li key={status}>
          <span>{status === "NEW" ? t`Submitted` : leadStatusLabel(status).label}</span>
          <span className={css.track} aria-hidden="true">
            <span className={css.fill} style={{ width: `${(100 * leads) / submitted}%` }} />
          </span>
          <span className={css.count}>
            {formatCount(leads)} <span className="muted">({formatPercentage((100 * leads) / submitted)})</span>
          </span>
          <span className={css.duration}>{medianDays !== null && leads > 0 && t`median ${formatDays(medianDays)}`}</span>
        </li>
      ))}
    </ol>
  );
}

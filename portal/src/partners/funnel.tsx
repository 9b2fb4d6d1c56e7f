import type { RevenuePageQuery } from "../gql/graphql";
import { days } from "../format/dates";
import { count, share } from "../format/money";
import { leadStatus } from "../format/words";
import { Pending } from "../parts/figures";
import { Empty } from "../parts/notice";
import css from "./funnel.module.css";

type Partner = NonNullable<RevenuePageQuery["partner"]>;
type Stage = Partner["referralFunnel"][number];
type Figures = Pick<Partner["dashboard"], "totalReferrals" | "convertedReferrals" | "conversionRate" | "activeReferrals">;

/** How many leads there are, and what became of them. */
export function ReferralFigures({ figures }: { readonly figures: Figures | undefined }) {
  const facts = [
    ["Leads", figures && count(figures.totalReferrals)],
    ["On their way", figures && count(figures.activeReferrals)],
    ["Converted", figures && count(figures.convertedReferrals)],
    ["Conversion", figures && share(figures.conversionRate)],
  ] as const;
  return (
    <dl className={css.figures}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value ?? <Pending width="short" />}</dd>
        </div>
      ))}
    </dl>
  );
}

/** How far leads came, and how long that took. */
export function Funnel({ stages }: { readonly stages: readonly Stage[] | undefined }) {
  const all = stages?.[0]?.leads ?? 0;
  if (stages && all === 0) return <Empty>No referrals yet.</Empty>;
  return (
    <ol className={css.funnel} aria-label="Conversion funnel">
      {(stages ?? []).map(({ status, leads, medianDays }) => (
        <li key={status}>
          <span className={css.name}>{status === "NEW" ? "Submitted" : leadStatus(status).word}</span>
          <span className={css.track} aria-hidden="true">
            <span className={css.fill} style={{ width: `${(100 * leads) / all}%` }} />
          </span>
          <span className={css.told}>
            {count(leads)} <span className="quiet">({share((100 * leads) / all)})</span>
          </span>
          <span className={css.time}>{medianDays !== null && leads > 0 && `median ${days(medianDays)}`}</span>
        </li>
      ))}
    </ol>
  );
}

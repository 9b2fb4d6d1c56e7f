import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Amount } from "../components/amounts";
import { Skeleton } from "../components/skeleton";
import { Toggletip } from "../components/toggletip";
import { HELP } from "../format/help-texts";
import { absolute, isNegative, type Money, toChartValue } from "../format/money";
import type { BalanceFragment } from "../gql/graphql";
import css from "./balance-breakdown.module.css";

interface Part {
  readonly key: "pending" | "approved" | "inTransit" | "settled";
  readonly name: string;
  readonly description: string;
}

const PARTS: readonly Part[] = [
  { key: "pending", name: t`Pending`, description: t`awaiting approval` },
  { key: "approved", name: t`Approved`, description: t`awaiting a payout` },
  { key: "inTransit", name: t`In transit`, description: t`in a payout that is not completed` },
  { key: "settled", name: t`Settled`, description: t`in a completed payout` },
];

/** The partner's balance: the four parts of what was earned, and how the outstanding amount follows from them. */
export function BalanceBreakdown({ balance }: { readonly balance: BalanceFragment | undefined }) {
  const amount = (money: Money | undefined) => (money ? <Amount value={money} /> : <Skeleton width="short" />);
  // A negative part is subtracted, not added with a sign of its own.
  const summand = (money: Money | undefined, isFirst: boolean) => (
    <>
      <span className={css.operator}>{!isFirst && (money && isNegative(money) ? "−" : "+")}</span>
      {amount(money && !isFirst ? absolute(money) : money)}
    </>
  );
  return (
    <div>
      <div className={css.bar} aria-hidden="true">
        {PARTS.map(({ key }) => {
          const length = balance ? Math.max(toChartValue(balance[key]), 0) : 0;
          return <span key={key} className={css[key]} style={{ flexGrow: length }} />;
        })}
      </div>
      <table className={css.table}>
        <caption className="visually-hidden"><Trans>Balance</Trans></caption>
        <tbody>
          {PARTS.map(({ key, name, description }, index) => (
            <tr key={key}>
              <th scope="row">
                <span className={`${css.legend} ${css[key]}`} aria-hidden="true" />
                {name} <span className={css.description}>{description}</span>
                <Toggletip term={name} text={HELP[key]} />
              </th>
              <td>{summand(balance?.[key], index === 0)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">
              <Trans>Earned</Trans> <Toggletip term={t`Earned`} text={HELP.earned} />
            </th>
            <td>
              <span className={css.operator}>=</span>
              {amount(balance?.earned)}
            </td>
          </tr>
          <tr className={css.subtrahend}>
            <th scope="row">
              <Trans>Paid or in transit</Trans> <span className={css.description}>{t`in a payout`}</span>
            </th>
            <td>
              <span className={css.operator}>−</span>
              {amount(balance?.paid)}
            </td>
          </tr>
          <tr>
            <th scope="row">
              <Trans>Outstanding</Trans> <Toggletip term={t`Outstanding`} text={HELP.outstanding} />
            </th>
            <td>
              <span className={css.operator}>=</span>
              {amount(balance?.outstanding)}
            </td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

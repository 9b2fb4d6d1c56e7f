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
  { key: "pending", name: "Pending", description: "awaiting approval" },
  { key: "approved", name: "Approved", description: "awaiting a payout" },
  { key: "inTransit", name: "In transit", description: "in a payout that is not completed" },
  { key: "settled", name: "Settled", description: "in a completed payout" },
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
        <caption className="visually-hidden">Balance</caption>
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
              Earned <Toggletip term="Earned" text={HELP.earned} />
            </th>
            <td>
              <span className={css.operator}>=</span>
              {amount(balance?.earned)}
            </td>
          </tr>
          <tr className={css.subtrahend}>
            <th scope="row">
              Paid or in transit <span className={css.description}>in a payout</span>
            </th>
            <td>
              <span className={css.operator}>−</span>
              {amount(balance?.paid)}
            </td>
          </tr>
          <tr>
            <th scope="row">
              Outstanding <Toggletip term="Outstanding" text={HELP.outstanding} />
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

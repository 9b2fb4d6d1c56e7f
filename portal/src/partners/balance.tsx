import type { BalanceFragment } from "../gql/graphql";
import { drawn, type Money } from "../format/money";
import { Amount, Pending } from "../parts/figures";
import css from "./balance.module.css";

interface Bucket {
  readonly key: "pending" | "approved" | "inTransit" | "settled";
  readonly name: string;
  readonly what: string;
}

const BUCKETS: readonly Bucket[] = [
  { key: "pending", name: "Pending", what: "waits for approval" },
  { key: "approved", name: "Approved", what: "waits for a payout" },
  { key: "inTransit", name: "In transit", what: "in a payout, on its way" },
  { key: "settled", name: "Settled", what: "has arrived" },
];

/** Where the commissions stand: four parts, and what they add up to. */
export function BalanceBuckets({ balance }: { readonly balance: BalanceFragment | undefined }) {
  const amount = (money: Money | undefined) => (money ? <Amount of={money} /> : <Pending width="short" />);
  return (
    <div className={css.balance}>
      <div className={css.bar} aria-hidden="true">
        {BUCKETS.map(({ key }) => {
          const length = balance ? Math.max(drawn(balance[key]), 0) : 0;
          return <span key={key} className={css[key]} style={{ flexGrow: length }} />;
        })}
      </div>
      <table className={css.sums}>
        <caption className="unseen">Balance</caption>
        <tbody>
          {BUCKETS.map(({ key, name, what }, at) => (
            <tr key={key}>
              <th scope="row">
                <span className={`${css.dot} ${css[key]}`} aria-hidden="true" />
                {name} <span className={css.what}>{what}</span>
              </th>
              <td>
                <span className={css.sign}>{at > 0 && "+"}</span>
                {amount(balance?.[key])}
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Earned</th>
            <td>
              <span className={css.sign}>=</span>
              {amount(balance?.earned)}
            </td>
          </tr>
          <tr className={css.less}>
            <th scope="row">
              Paid <span className={css.what}>in transit + settled</span>
            </th>
            <td>
              <span className={css.sign}>−</span>
              {amount(balance?.paid)}
            </td>
          </tr>
          <tr>
            <th scope="row">Outstanding</th>
            <td>
              <span className={css.sign}>=</span>
              {amount(balance?.outstanding)}
            </td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

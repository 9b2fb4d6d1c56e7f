import { Trans } from "@lingui/react/macro";
import { formatMoney, isNegative, type Money } from "../format/money";
import css from "./amounts.module.css";

/** An exact amount. Negative amounts are highlighted. */
export function Amount({ value }: { readonly value: Money }) {
  return <span className={isNegative(value) ? `${css.amount} ${css.negative}` : css.amount}>{formatMoney(value)}</span>;
}

/** Amounts in several currencies, one per line; a dash if there are none. */
export function AmountList({ values }: { readonly values: readonly Money[] }) {
  if (values.length === 0) return <EmptyValue />;
  return (
    <span className={css.list}>
      {values.map((amount) => (
        <Amount key={amount.currency} value={amount} />
      ))}
    </span>
  );
}

/** A dash in place of a missing value. */
export function EmptyValue() {
  return (
    <span className={css.empty}>
      <span aria-hidden="true">–</span>
      <span className="visually-hidden"><Trans>none</Trans></span>
    </span>
  );
}

import { Trans } from "@lingui/react/macro";
import { formatMoneyList, type Money, totalsByCurrency } from "../format/money";
import css from "./page-total.module.css";

/** The totals of the rows of a page, one per currency, below its table. */
export function PageTotal({ amounts }: { readonly amounts: readonly Money[] }) {
  return (
    <p className={css.total} data-testid="page-total">
      <Trans>
        Total of this page: <strong>{formatMoneyList(totalsByCurrency(amounts))}</strong>
      </Trans>
    </p>
  );
}

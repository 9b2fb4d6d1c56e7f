import { Trans } from "@lingui/react/macro";
import { formatMoneyList, type Money } from "../format/money";
import css from "./page-total.module.css";

interface Props {
  /** One amount per currency, of all pages of the list. */
  readonly totals: readonly Money[];
  /** What does not count. */
  readonly note?: string | undefined;
}

/** The totals of a whole list under its filter, below its table. */
export function ListTotal({ totals, note }: Props) {
  if (totals.length === 0) return null;
  return (
    <p className={css.total} data-testid="list-total">
      <Trans>
        Total of all pages: <strong>{formatMoneyList(totals)}</strong>
      </Trans>
      {note && <span className={css.note}>{note}</span>}
    </p>
  );
}

import { t } from "@lingui/core/macro";
import { Link } from "react-router";
import css from "./breadcrumbs.module.css";

interface Item {
  readonly name: string;
  /** Where the item leads; the last one is the page itself. */
  readonly to?: string;
}

/** The way to the page from a list, as in "Partners / Bigfish". */
export function Breadcrumbs({ items }: { readonly items: readonly Item[] }) {
  return (
    <nav aria-label={t`Breadcrumbs`} className={css.breadcrumbs}>
      <ol>
        {items.map(({ name, to }) => (
          <li key={name}>{to ? <Link to={to}><bdi>{name}</bdi></Link> : <bdi aria-current="page">{name}</bdi>}</li>
        ))}
      </ol>
    </nav>
  );
}

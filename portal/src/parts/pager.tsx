import { count } from "../format/money";
import css from "./pager.module.css";
import { useAddress } from "./address";

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

interface Props {
  /** What is counted, in the singular. */
  readonly of: string;
  readonly totalCount: number;
  readonly pageInfo: PageInfo;
  /** What the cursors of this list are called in the address, where a page has several. */
  readonly name?: string;
}

/** The way to the other pages of a list. */
export function Pager({ of, totalCount, pageInfo, name = "" }: Props) {
  const { change } = useAddress();
  const { hasNextPage, hasPreviousPage, startCursor, endCursor } = pageInfo;
  const go = (after: string | null, before: string | null) =>
    change({ [`${name}after`]: after, [`${name}before`]: before });
  return (
    <nav className={css.pager} aria-label={`Pages of ${of}s`}>
      <p>
        {count(totalCount, of)}
      </p>
      {(hasNextPage || hasPreviousPage) && (
        <div>
          <button className="plain" type="button" disabled={!hasPreviousPage} onClick={() => go(null, startCursor)}>
            Previous
          </button>
          <button className="plain" type="button" disabled={!hasNextPage} onClick={() => go(endCursor, null)}>
            Next
          </button>
        </div>
      )}
    </nav>
  );
}

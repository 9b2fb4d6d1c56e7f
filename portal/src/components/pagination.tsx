import type { PageInfoFragment } from "../gql/graphql";
import { formatCount } from "../format/money";
import { useUrlState } from "../hooks/url-state";
import css from "./pagination.module.css";

interface Props {
  /** What the list contains, in the singular. */
  readonly noun: string;
  readonly totalCount: number;
  readonly pageInfo: PageInfoFragment;
}

/** The total count of a list, and buttons for its previous and next page. The current page is in the URL. */
export function Pagination({ noun, totalCount, pageInfo }: Props) {
  const { setParams } = useUrlState();
  const { hasNextPage, hasPreviousPage, startCursor, endCursor } = pageInfo;
  const goToPrevious = () => setParams({ after: null, before: startCursor });
  const goToNext = () => setParams({ after: endCursor, before: null });
  return (
    <nav className={css.pagination} aria-label={`Pages of ${noun}s`}>
      <p>{formatCount(totalCount, noun)}</p>
      {(hasNextPage || hasPreviousPage) && (
        <div>
          <button className="button" type="button" disabled={!hasPreviousPage} onClick={goToPrevious}>
            Previous
          </button>
          <button className="button" type="button" disabled={!hasNextPage} onClick={goToNext}>
            Next
          </button>
        </div>
      )}
    </nav>
  );
}

import type { PageInfoFragment } from "../gql/graphql";
import { formatCount } from "../format/money";
import { useUrlState } from "../hooks/url-state";
import { type Files, ListFiles } from "./list-files";
import css from "./pagination.module.css";

interface Props {
  /** What the list contains, in the singular. */
  readonly noun: string;
  readonly totalCount: number;
  readonly pageInfo: PageInfoFragment;
  readonly files: Files;
}

/** The total count of a list, its files, and buttons for its previous and next page. The current page is in the URL. */
export function Pagination({ noun, totalCount, pageInfo, files }: Props) {
  const { setParams } = useUrlState();
  const { hasNextPage, hasPreviousPage, startCursor, endCursor } = pageInfo;
  const goToPrevious = () => setParams({ after: null, before: startCursor });
  const goToNext = () => setParams({ after: endCursor, before: null });
  return (
    <nav className={css.pagination} aria-label={`Pages of ${noun}s`}>
      <p>{formatCount(totalCount, noun)}</p>
      {totalCount > 0 && <ListFiles noun={noun} files={files} />}
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

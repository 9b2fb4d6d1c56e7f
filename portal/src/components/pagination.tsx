import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { PageInfoFragment } from "../gql/graphql";
import { countOf, type Noun, pluralOf } from "../format/nouns";
import { useUrlState } from "../hooks/url-state";
import { type Files, ListFiles } from "./list-files";
import css from "./pagination.module.css";

interface Props {
  /** What the list contains, in the singular. */
  readonly noun: Noun;
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
    <nav className={css.pagination} aria-label={t`Pages of ${pluralOf(noun)}`}>
      <p>{countOf(noun, totalCount)}</p>
      {totalCount > 0 && <ListFiles noun={noun} files={files} />}
      {(hasNextPage || hasPreviousPage) && (
        <div>
          <button className="button" type="button" disabled={!hasPreviousPage} onClick={goToPrevious}>
            <Trans>Previous</Trans>
          </button>
          <button className="button" type="button" disabled={!hasNextPage} onClick={goToNext}>
            <Trans>Next</Trans>
          </button>
        </div>
      )}
    </nav>
  );
}

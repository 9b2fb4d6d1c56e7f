import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { formatCount } from "../format/money";
import { countOf, type Noun } from "../format/nouns";
import { SELECTED_MAX } from "./matching";

interface Props {
  /** What is selected. */
  readonly noun: Noun;
  readonly isPageSelected: boolean;
  readonly isAllMatching: boolean;
  /** The number of selected rows, also those of other pages. */
  readonly selectedCount: number;
  /** The number of rows of all pages; undefined while there are no rows to select yet. */
  readonly totalCount: number | undefined;
  readonly onPage: (isSelected: boolean) => void;
  readonly onAllMatching: () => void;
}

/** Selects all rows of the page, and then all rows of all pages. */
export function SelectAll(props: Props) {
  const { noun, isPageSelected, isAllMatching, selectedCount, onPage, onAllMatching } = props;
  const totalCount = props.totalCount ?? 0;
  const hasOthers = totalCount > selectedCount;
  const isTooMany = totalCount > SELECTED_MAX;
  return (
    <div className="buttons">
      <label>
        <input
          type="checkbox"
          checked={isPageSelected || isAllMatching}
          disabled={props.totalCount === undefined}
          onChange={({ target }) => onPage(target.checked)}
        />{" "}
        <Trans>Select all on this page</Trans>
      </label>
      {isPageSelected && !isAllMatching && hasOthers && (
        <button className="button" type="button" onClick={onAllMatching}>
          {isTooMany
            ? t`Select the first ${formatCount(SELECTED_MAX)} of ${formatCount(totalCount)} that match`
            : t`Select all ${formatCount(totalCount)} that match`}
        </button>
      )}
      {(isAllMatching || selectedCount > 0) && (
        <span aria-live="polite" className="muted">
          {t`${countOf(noun, isAllMatching ? Math.min(totalCount, SELECTED_MAX) : selectedCount)} selected`}
        </span>
      )}
    </div>
  );
}

import { formatCount } from "../format/money";
import { SELECTED_MAX } from "./matching";

interface Props {
  /** What is selected, in the singular. */
  readonly noun: string;
  readonly isPageSelected: boolean;
  readonly isAllMatching: boolean;
  /** The number of selected rows, also those of other pages. */
  readonly selectedCount: number;
  /** The number of rows of all pages. */
  readonly totalCount: number;
  readonly onPage: (isSelected: boolean) => void;
  readonly onAllMatching: () => void;
}

/** Selects all rows of the page, and then all rows of all pages. */
export function SelectAll(props: Props) {
  const { noun, isPageSelected, isAllMatching, selectedCount, totalCount, onPage, onAllMatching } = props;
  const hasOthers = totalCount > selectedCount;
  const isTooMany = totalCount > SELECTED_MAX;
  return (
    <div className="buttons">
      <label>
        <input
          type="checkbox"
          checked={isPageSelected || isAllMatching}
          onChange={({ target }) => onPage(target.checked)}
        />{" "}
        Select all on this page
      </label>
      {isPageSelected && !isAllMatching && hasOthers && (
        <button className="button" type="button" onClick={onAllMatching}>
          {isTooMany
            ? `Select the first ${formatCount(SELECTED_MAX)} of ${formatCount(totalCount)} that match`
            : `Select all ${formatCount(totalCount)} that match`}
        </button>
      )}
      {(isAllMatching || selectedCount > 0) && (
        <span aria-live="polite" className="muted">
          {formatCount(isAllMatching ? Math.min(totalCount, SELECTED_MAX) : selectedCount, noun)} selected
        </span>
      )}
    </div>
  );
}

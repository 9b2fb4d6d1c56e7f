import { type MouseEvent, type ReactNode, type RefObject, useLayoutEffect, useRef } from "react";
import { Skeleton } from "./skeleton";
import css from "./table.module.css";

export interface Column<Row> {
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** Whether the cells are numbers, which are aligned at the end. */
  readonly isNumber?: boolean;
  /** Whether the cells are short texts without line breaks, such as dates. */
  readonly isCompact?: boolean;
  /** The sort key of this column, if the list can be sorted by it. */
  readonly sort?: string;
}

export interface Sorting {
  readonly by: string;
  readonly isDescending: boolean;
  readonly onSort: (by: string, isDescending: boolean) => void;
}

interface Props<Row> {
  /** The name of the table for screen readers. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[] | undefined;
  readonly isLoading: boolean;
  readonly sorting?: Sorting | undefined;
  /** A last row of totals: what it is called, and the cells by the header of their column. */
  readonly totals?: { readonly label: string; readonly cells: Readonly<Record<string, ReactNode>> } | undefined;
  /** Called on a click on a row. The row must also contain a link that does the same, for keyboard users. */
  readonly onRowClick?: ((row: Row) => void) | undefined;
  readonly testId?: string | undefined;
  readonly rowTestId?: string | undefined;
}

interface HasId {
  readonly id: string;
}

/** As many as fill a window, so that what comes below the table does not jump. */
const SKELETON_ROWS = 12;

// The roles are explicit: on narrow screens the rows are displayed as cards, and browsers drop the table semantics of
// elements with another `display`.
export function Table<Row extends HasId>(props: Props<Row>) {
  const { caption, columns, rows, isLoading, sorting, totals, onRowClick, testId, rowTestId } = props;
  const container = useRef<HTMLDivElement>(null);
  useScrollsIfTooWide(container);
  const handleClick = (row: Row) => (event: MouseEvent<HTMLTableRowElement>) => {
    const isControl = (event.target as Element).closest("a, button, input, label");
    if (!isControl && !getSelection()?.toString()) onRowClick?.(row);
  };
  return (
    <div ref={container} className={css.container} data-testid={testId} aria-busy={isLoading}>
      <table className={css.table} role="table">
        <caption className="visually-hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <ColumnHeader key={column.header} column={column} sorting={sorting} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows?.map((row) => (
            <tr
              key={row.id}
              role="row"
              className={onRowClick && css.clickable}
              onClick={onRowClick && handleClick(row)}
              data-testid={rowTestId}
            >
              {columns.map(({ header, cell, isNumber, isCompact }) => (
                <td
                  key={header}
                  role="cell"
                  data-header={header}
                  className={isNumber ? css.number : isCompact ? css.compact : css.text}
                >
                  <span>{cell(row)}</span>
                </td>
              ))}
            </tr>
          ))}
          {!rows &&
            Array.from({ length: SKELETON_ROWS }, (_, index) => (
              <tr key={index} role="row">
                {columns.map(({ header }) => (
                  <td key={header} role="cell" data-header={header}>
                    <Skeleton width="short" />
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
        {totals && rows && <TotalsRow columns={columns} totals={totals} />}
      </table>
    </div>
  );
}

interface TotalsProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly totals: NonNullable<Props<Row>["totals"]>;
}

function TotalsRow<Row>({ columns, totals: { label, cells } }: TotalsProps<Row>) {
  const [first, ...others] = columns;
  return (
    <tfoot role="rowgroup">
      <tr role="row">
        <th role="rowheader" scope="row" key={first?.header}>
          {label}
        </th>
        {others.map(({ header, isNumber }) => (
          <td key={header} role="cell" data-header={header} className={isNumber ? css.number : css.text}>
            <span>{cells[header]}</span>
          </td>
        ))}
      </tr>
    </tfoot>
  );
}

/**
 * Lets a table scroll if its columns need more room than there is. Only then, because the heads of the columns stay in view
 * only in a container that does not scroll.
 */
function useScrollsIfTooWide(container: RefObject<HTMLDivElement | null>) {
  useLayoutEffect(() => {
    const element = container.current;
    const table = element?.firstElementChild;
    if (!element || !table) return;
    const update = () => element.toggleAttribute("data-scrolls", table.scrollWidth > element.clientWidth);
    const observer = new ResizeObserver(update);
    observer.observe(element);
    observer.observe(table);
    return () => observer.disconnect();
  }, [container]);
}

function ColumnHeader<Row>({ column, sorting }: { readonly column: Column<Row>; readonly sorting: Sorting | undefined }) {
  const { header, isNumber, sort } = column;
  const className = isNumber ? css.number : undefined;
  if (!sort || !sorting) {
    return (
      <th role="columnheader" scope="col" className={className}>
        {header}
      </th>
    );
  }
  const isCurrent = sorting.by === sort;
  const direction = sorting.isDescending ? "descending" : "ascending";
  return (
    <th role="columnheader" scope="col" className={className} aria-sort={isCurrent ? direction : "none"}>
      <button
        type="button"
        className={css.sort}
        onClick={() => sorting.onSort(sort, isCurrent ? !sorting.isDescending : true)}
      >
        {header}
        <span aria-hidden="true">{isCurrent ? (sorting.isDescending ? " ↓" : " ↑") : " ↕"}</span>
      </button>
    </th>
  );
}

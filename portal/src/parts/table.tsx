import type { MouseEvent, ReactNode } from "react";
import { Pending } from "./figures";
import css from "./table.module.css";

/** A column of a table. */
export interface Column<Row> {
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** Amounts and other numbers stand at the end. */
  readonly isNumber?: boolean;
  /** What the list is sorted by when this header is pressed. */
  readonly sort?: string;
}

/** How a list is sorted. */
export interface Sorting {
  readonly by: string;
  readonly isDescending: boolean;
  readonly onSort: (by: string, isDescending: boolean) => void;
}

interface Props<Row> {
  /** What the table shows, for those who cannot see it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[] | undefined;
  readonly isLoading: boolean;
  readonly sorting?: Sorting | undefined;
  /** Opens a row; the row has a link for it as well. */
  readonly onOpen?: ((row: Row) => void) | undefined;
  readonly testId?: string | undefined;
  readonly rowTestId?: string | undefined;
}

interface WithId {
  readonly id: string;
}

// Roles are written out: on narrow screens rows are laid out as cards, and browsers then forget that it is a table.
export function Table<Row extends WithId>(props: Props<Row>) {
  const { caption, columns, rows, isLoading, sorting, onOpen, testId, rowTestId } = props;
  const open = (row: Row) => (event: MouseEvent<HTMLTableRowElement>) => {
    const isControl = (event.target as Element).closest("a, button, input, label");
    if (!isControl && !getSelection()?.toString()) onOpen?.(row);
  };
  return (
    <div className={css.frame} data-testid={testId} aria-busy={isLoading}>
      <table className={css.table} role="table">
        <caption className="unseen">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <Header key={column.header} column={column} sorting={sorting} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows?.map((row) => (
            <tr
              key={row.id}
              role="row"
              className={onOpen && css.opens}
              onClick={onOpen && open(row)}
              data-testid={rowTestId}
            >
              {columns.map(({ header, cell, isNumber }) => (
                <td key={header} role="cell" data-header={header} className={isNumber ? css.number : undefined}>
                  <span>{cell(row)}</span>
                </td>
              ))}
            </tr>
          ))}
          {!rows &&
            Array.from({ length: 8 }, (_, at) => (
              <tr key={at} role="row">
                {columns.map(({ header }) => (
                  <td key={header} role="cell" data-header={header}>
                    <Pending width="short" />
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

function Header<Row>({ column, sorting }: { readonly column: Column<Row>; readonly sorting: Sorting | undefined }) {
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

import { Amount } from "../components/amounts";
import { DownloadForm } from "../components/download-form";
import { EmptyState } from "../components/empty-state";
import { type Column, Table } from "../components/table";
import { statementKindLabel } from "../format/labels";
import { formatCount } from "../format/money";
import type { StatementRowFragment } from "../gql/graphql";
import { useSession } from "../sign-in/session";

/** The names of the formats on the buttons. */
const FORMATS: Readonly<Record<string, string>> = { PDF: "PDF", CSV: "CSV", XLSX: "Excel" };

interface Props<Row> {
  readonly statements: readonly Row[] | undefined;
  readonly isLoading: boolean;
  /** Shown if there are no statements. */
  readonly emptyText: string;
  /** Additional columns, after the number. */
  readonly extraColumns?: readonly Column<Row>[];
}

/** A table of statements with their files. */
export function StatementsTable<Row extends StatementRowFragment>(props: Props<Row>) {
  const { statements, isLoading, emptyText, extraColumns = [] } = props;
  const { calendar } = useSession();
  if (statements?.length === 0 && !isLoading) return <EmptyState>{emptyText}</EmptyState>;
  const columnsOf = (form: string): readonly Column<Row>[] => [
    { header: "Number", cell: ({ number }) => <bdi>{number}</bdi> },
    ...extraColumns,
    { header: "Kind", isCompact: true, cell: ({ kind }) => statementKindLabel(kind) },
    { header: "Issued", isCompact: true, cell: ({ issuedAt }) => calendar.formatDate(issuedAt) },
    { header: "Period", cell: ({ periodStart, periodEnd }) => calendar.formatPeriod(periodStart, periodEnd) },
    { header: "Lines", isNumber: true, cell: ({ lineCount }) => formatCount(lineCount) },
    {
      header: "Amount",
      isNumber: true,
      cell: ({ total, closing }) => (
        <>
          <Amount value={closing ?? total} />
          {closing && <div className="muted">closing balance</div>}
        </>
      ),
    },
    { header: "Files", isCompact: true, cell: (statement) => <FileButtons statement={statement} form={form} /> },
  ];
  return (
    <DownloadForm label="Files of statements">
      {(form) => (
        <Table
          caption="Statements"
          columns={columnsOf(form)}
          rows={statements}
          isLoading={isLoading}
          rowTestId="statement-row"
        />
      )}
    </DownloadForm>
  );
}

interface FileButtonsProps {
  readonly statement: StatementRowFragment;
  /** The id of the download form. */
  readonly form: string;
}

/** A button for each file of a statement. */
export function FileButtons({ statement, form }: FileButtonsProps) {
  return (
    <span className="buttons">
      {statement.files.map(({ format, path }) => (
        <button
          key={format}
          className="button"
          type="submit"
          form={form}
          formAction={path}
          aria-label={`${FORMATS[format] ?? format} of statement ${statement.number}`}
        >
          {FORMATS[format] ?? format}
        </button>
      ))}
    </span>
  );
}

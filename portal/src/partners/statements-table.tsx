import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Amount } from "../components/amounts";
import { DownloadForm } from "../components/download-form";
import { EmptyState } from "../components/empty-state";
import { type Column, Table } from "../components/table";
import { statementKindLabel } from "../format/labels";
import { formatCount } from "../format/money";
import type { StatementRowFragment } from "../gql/graphql";
import { useSession } from "../sign-in/session";

/** The names of the formats on the buttons. */
const FORMATS: Readonly<Record<string, string>> = { PDF: "PDF", CSV: "CSV", XLSX: t`Excel` };

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
    { header: t`Number`, cell: ({ number }) => <bdi>{number}</bdi> },
    ...extraColumns,
    { header: t`Kind`, isCompact: true, cell: ({ kind }) => statementKindLabel(kind) },
    { header: t`Issued`, isCompact: true, cell: ({ issuedAt }) => calendar.formatDate(issuedAt) },
    { header: t`Period`, cell: ({ periodStart, periodEnd }) => calendar.formatPeriod(periodStart, periodEnd) },
    { header: t`Lines`, isNumber: true, cell: ({ lineCount }) => formatCount(lineCount) },
    {
      header: t`Amount`,
      isNumber: true,
      cell: ({ total, closing }) => (
        <>
          <Amount value={closing ?? total} />
          {closing && <div className="muted"><Trans>closing balance</Trans></div>}
        </>
      ),
    },
    { header: t`Files`, isCompact: true, cell: (statement) => <FileButtons statement={statement} form={form} /> },
  ];
  return (
    <DownloadForm label={t`Files of statements`}>
      {(form) => (
        <Table
          caption={t`Statements`}
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
          aria-label={t`${FORMATS[format] ?? format} of statement ${statement.number}`}
        >
          {FORMATS[format] ?? format}
        </button>
      ))}
    </span>
  );
}

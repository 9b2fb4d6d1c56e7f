import { useState } from "react";
import { Link } from "react-router";
import { useApiMutation, useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { FieldRow, SelectField, TextField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import type { Column } from "../components/table";
import { useToast } from "../components/toasts";
import { STATEMENT_KINDS, statementKindLabel } from "../format/labels";
import { formatCount } from "../format/money";
import { IssueStatementsDocument, StatementsDocument, type StatementsQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { FIRST_PAGE, usePageArgs, useUrlState } from "../hooks/url-state";
import { StatementsTable } from "../partners/statements-table";
import { useCanManageCommissions, useSession } from "../sign-in/session";
import { PartnerFilter } from "./partner-filter";

type Statement = StatementsQuery["statements"]["nodes"][number];

const PARTNER_COLUMN: readonly Column<Statement>[] = [
  {
    header: "Partner",
    cell: ({ partner }) => (
      <Link to={`/staff/partners/${partner.id}`}>
        <bdi>{partner.companyName}</bdi>
      </Link>
    ),
  },
];

/** The statements of all partners, and a button that issues those of accounts. */
export function StatementsPage() {
  useDocumentTitle("Statements");
  const { params, setParams } = useUrlState();
  const canIssue = useCanManageCommissions();
  const [isIssuing, setIsIssuing] = useState(false);
  const showToast = useToast();
  const kind = STATEMENT_KINDS.find((kind) => kind === params.get("kind"));
  const partnerId = params.get("partnerId");
  const filter = { ...(kind && { kind }), ...(partnerId && { partnerId }) };
  const { data, error, isLoading, refetch } = useApiQuery(StatementsDocument, { filter, ...usePageArgs(50) });
  const statements = data?.statements;
  return (
    <>
      <PageHeader
        title="Statements"
        lead="Of completed payouts, and of accounts, like those of a bank"
        actions={
          canIssue && (
            <button className="button-primary" type="button" onClick={() => setIsIssuing(true)}>
              Issue account statements…
            </button>
          )
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      <Section title="All statements" lead="Latest first">
        <div className="stack">
          <FieldRow>
            <PartnerFilter />
            <SelectField
              label="Kind"
              value={kind ?? ""}
              onChange={(kind) => setParams({ ...FIRST_PAGE, kind })}
              options={[
                { value: "", label: "All" },
                ...STATEMENT_KINDS.map((value) => ({ value, label: statementKindLabel(value) })),
              ]}
            />
          </FieldRow>
          {!(error && !data) && (
            <StatementsTable
              statements={statements?.nodes}
              isLoading={isLoading}
              emptyText="No statements."
              extraColumns={PARTNER_COLUMN}
            />
          )}
          {statements && (
            <Pagination
              noun="statement"
              totalCount={statements.totalCount}
              pageInfo={statements.pageInfo}
              files={statements}
            />
          )}
        </div>
      </Section>
      {isIssuing && (
        <IssueDialog
          onClose={() => setIsIssuing(false)}
          onSuccess={(message) => {
            setIsIssuing(false);
            showToast(message);
            refetch();
          }}
        />
      )}
    </>
  );
}

interface IssueDialogProps {
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

/** Issues the statements of all accounts with movements that no statement has. */
function IssueDialog({ onClose, onSuccess }: IssueDialogProps) {
  const { calendar } = useSession();
  const issue = useApiMutation(IssueStatementsDocument);
  return (
    <ConfirmDialog
      title="Issue account statements"
      confirmLabel="Issue statements"
      onClose={onClose}
      onConfirm={(valueOf) => {
        const before = calendar.startOfDay(valueOf("before"));
        return issue({ input: before ? { before } : {} });
      }}
      onSuccess={({ statements, failedCount, hasMore }) => {
        const failed = failedCount ? ` ${formatCount(failedCount, "account")} failed: issue again.` : "";
        const more = hasMore ? " More accounts remain: issue again." : "";
        onSuccess(`Issued ${formatCount(statements?.length ?? 0, "statement")}.${failed}${more}`);
      }}
    >
      {(errorOf) => (
        <>
          <p>
            For each partner and currency with movements that no statement has yet: commissions, cancellations, refunds and
            completed payouts. Statements never change.
          </p>
          <TextField
            label="Movements before"
            name="before"
            type="date"
            hint={`The beginning of this day in ${calendar.timeZone}; empty: until now`}
            error={errorOf("before")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

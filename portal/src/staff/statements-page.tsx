import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
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
import { countOf } from "../format/nouns";
import { IssueStatementsDocument, StatementsDocument, type StatementsQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { FIRST_PAGE, usePageArgs, useUrlState } from "../hooks/url-state";
import { StatementsTable } from "../partners/statements-table";
import { useCanManageCommissions, useSession } from "../sign-in/session";
import { PartnerFilter } from "./partner-filter";

type Statement = StatementsQuery["statements"]["nodes"][number];

const PARTNER_COLUMN: readonly Column<Statement>[] = [
  {
    header: t`Partner`,
    cell: ({ partner }) => (
      <Link to={`/staff/partners/${partner.id}`}>
        <bdi>{partner.companyName}</bdi>
      </Link>
    ),
  },
];

/** The statements of all partners, and a button that issues those of accounts. */
export function StatementsPage() {
  useDocumentTitle(t`Statements`);
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
        title={t`Statements`}
        lead={t`Of completed and returned payouts, and of accounts, like those of a bank`}
        actions={
          canIssue && (
            <button className="button-primary" type="button" onClick={() => setIsIssuing(true)}>
              <Trans>Issue account statements…</Trans>
            </button>
          )
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      <Section title={t`All statements`} lead={t`Latest first`}>
        <div className="stack">
          <FieldRow>
            <PartnerFilter />
            <SelectField
              label={t`Kind`}
              value={kind ?? ""}
              onChange={(kind) => setParams({ ...FIRST_PAGE, kind })}
              options={[
                { value: "", label: t`All` },
                ...STATEMENT_KINDS.map((value) => ({ value, label: statementKindLabel(value) })),
              ]}
            />
          </FieldRow>
          {!(error && !data) && (
            <StatementsTable
              statements={statements?.nodes}
              isLoading={isLoading}
              emptyText={t`No statements.`}
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
      title={t`Issue account statements`}
      confirmLabel={t`Issue statements`}
      onClose={onClose}
      onConfirm={(valueOf) => {
        const before = calendar.startOfDay(valueOf("before"));
        return issue({ input: before ? { before } : {} });
      }}
      onSuccess={({ statements, failedCount, hasMore }) => {
        const sentences = [
          t`Issued ${countOf("statement", statements?.length ?? 0)}.`,
          ...(failedCount ? [t`${countOf("account", failedCount)} failed: issue again.`] : []),
          ...(hasMore ? [t`More accounts remain: issue again.`] : []),
        ];
        onSuccess(sentences.join(" "));
      }}
    >
      {(errorOf) => (
        <>
          <p>
            <Trans>
              For each partner and currency with movements that no statement has yet: commissions, cancellations, refunds and
              completed payouts. Statements never change.
            </Trans>
          </p>
          <TextField
            label={t`Movements before`}
            name="before"
            type="date"
            hint={t`The beginning of this day in ${calendar.timeZone}; empty: until now`}
            error={errorOf("before")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

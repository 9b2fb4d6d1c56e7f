import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { EmptyState } from "../components/empty-state";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { type Column, Table } from "../components/table";
import { roleLabel } from "../format/labels";
import { AuditPageDocument, type AuditPageQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { FieldChanges } from "./field-changes";
import { ListFilter } from "./list-filter";
import { useListView } from "./list-view";
import { AUDIT_VIEW } from "./list-views";
import { SavedViews } from "./saved-views";

type Entry = AuditPageQuery["auditEntries"]["nodes"][number];
type Head = AuditPageQuery["auditHead"];

/** The whole trail with its seals, whatever the filter is: the file that `revshare audit verify --file` verifies. */
const WHOLE_TRAIL = { path: "/download/audit.jsonl" } as const;

/** The audit trail: who changed what, from what to what, and the newest seal to keep. */
export function AuditPage() {
  useDocumentTitle(t`Audit`);
  const { filter, problem } = useListView(AUDIT_VIEW);
  const variables = { filter, ...usePageArgs(50) };
  const { data, error, isLoading, refetch } = useApiQuery(AuditPageDocument, variables, problem !== null);
  const entries = problem === null ? data?.auditEntries : undefined;
  const columns = useColumns();
  return (
    <>
      <PageHeader
        title={t`Audit`}
        lead={t`Who changed what, and when. The seals show that no entry was changed afterwards.`}
        actions={data && <HeadButton head={data.auditHead} />}
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section title={t`Entries`} lead={t`Latest first. Names and addresses are shortened to their first letters.`}>
          <div className="stack">
            <SavedViews view={AUDIT_VIEW} />
            <ListFilter view={AUDIT_VIEW} />
            {entries?.nodes.length === 0 && !isLoading ? (
              <EmptyState><Trans>No such entries.</Trans></EmptyState>
            ) : (
              problem === null && (
                <Table
                  caption={t`Audit trail`}
                  columns={columns}
                  rows={entries?.nodes}
                  isLoading={isLoading}
                  rowTestId="audit-entry"
                />
              )
            )}
            {entries && (
              <Pagination
                noun="change"
                totalCount={entries.totalCount}
                pageInfo={entries.pageInfo}
                files={{ ...entries, jsonl: WHOLE_TRAIL }}
              />
            )}
          </div>
        </Section>
      )}
    </>
  );
}

/** Copies the newest seal, with which `revshare audit verify --head` proves later that nothing was changed. */
function HeadButton({ head }: { readonly head: Head }) {
  const { calendar } = useSession();
  const [isCopied, setIsCopied] = useState(false);
  if (!head) return <p className="muted"><Trans>Not sealed yet: the first seal is made within a minute.</Trans></p>;
  const text = `${head.number}:${head.hash}`;
  const copy = () => void navigator.clipboard.writeText(text).then(() => setIsCopied(true));
  return (
    <>
      <p className="muted" data-testid="audit-head" title={text}>
        <Trans>
          Seal {head.number} of {calendar.formatDateTime(head.sealedAt)}
        </Trans>
      </p>
      <button className="button" type="button" onClick={copy}>
        {isCopied ? t`Copied` : t`Copy head`}
      </button>
    </>
  );
}

function useColumns(): readonly Column<Entry>[] {
  const { calendar } = useSession();
  return [
    { header: t`When`, cell: ({ at }) => calendar.formatDateTime(at) },
    {
      header: t`Who`,
      cell: ({ actor, actorRole }) => (
        <>
          <bdi>{actor}</bdi>
          <div className="muted">{roleLabel(actorRole)}</div>
        </>
      ),
    },
    {
      header: t`What`,
      cell: ({ act, partner, subjectType }) => (
        <>
          <span translate="no">{act}</span>
          <div className="muted">{partner ? <bdi>{partner.companyName}</bdi> : <span translate="no">{subjectType}</span>}</div>
        </>
      ),
    },
    {
      header: t`Changes`,
      cell: ({ changes, reason }) => (
        <>
          <FieldChanges changes={changes} />
          {reason && (
            <p className="muted">
              <Trans>
                Reason: <bdi>{reason}</bdi>
              </Trans>
            </p>
          )}
        </>
      ),
    },
    { header: t`Seal`, isNumber: true, cell: ({ seal }) => seal?.number ?? t`not yet` },
  ];
}

import { useState } from "react";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { EmptyState } from "../components/empty-state";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { type Column, Table } from "../components/table";
import { AuditPageDocument, type AuditPageQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs, useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { AuditFilter, parseAuditFilter } from "./audit-filter";
import { FieldChanges } from "./field-changes";

type Entry = AuditPageQuery["auditEntries"]["nodes"][number];
type Head = AuditPageQuery["auditHead"];

/** The whole trail with its seals, whatever the filter is: the file that `revshare audit verify --file` verifies. */
const WHOLE_TRAIL = { path: "/download/audit.jsonl" } as const;

/** The audit trail: who changed what, from what to what, and the newest seal to keep. */
export function AuditPage() {
  useDocumentTitle("Audit");
  const { calendar } = useSession();
  const { params } = useUrlState();
  const filter = parseAuditFilter(params, calendar);
  const { data, error, isLoading, refetch } = useApiQuery(AuditPageDocument, { filter, ...usePageArgs(50) });
  const columns = useColumns();
  return (
    <>
      <PageHeader
        title="Audit"
        lead="Who changed what, and when. The seals show that no entry was changed afterwards."
        actions={data && <HeadButton head={data.auditHead} />}
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section title="Entries" lead="Latest first. Names and addresses are shortened to their first letters.">
          <div className="stack">
            <AuditFilter />
            {data?.auditEntries.nodes.length === 0 && !isLoading ? (
              <EmptyState>No such entries.</EmptyState>
            ) : (
              <Table
                caption="Audit trail"
                columns={columns}
                rows={data?.auditEntries.nodes}
                isLoading={isLoading}
                rowTestId="audit-entry"
              />
            )}
            {data && (
              <Pagination
                noun="change"
                totalCount={data.auditEntries.totalCount}
                pageInfo={data.auditEntries.pageInfo}
                files={{ ...data.auditEntries, jsonl: WHOLE_TRAIL }}
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
  if (!head) return <p className="muted">Not sealed yet: the first seal is made within a minute.</p>;
  const text = `${head.number}:${head.hash}`;
  const copy = () => void navigator.clipboard.writeText(text).then(() => setIsCopied(true));
  return (
    <>
      <p className="muted" data-testid="audit-head" title={text}>
        Seal {head.number} of {calendar.formatDateTime(head.sealedAt)}
      </p>
      <button className="button" type="button" onClick={copy}>
        {isCopied ? "Copied" : "Copy head"}
      </button>
    </>
  );
}

function useColumns(): readonly Column<Entry>[] {
  const { calendar } = useSession();
  return [
    { header: "When", cell: ({ at }) => calendar.formatDateTime(at) },
    {
      header: "Who",
      cell: ({ actor, actorRole }) => (
        <>
          <bdi>{actor}</bdi>
          <div className="muted">{actorRole}</div>
        </>
      ),
    },
    {
      header: "What",
      cell: ({ act, partner, subjectType }) => (
        <>
          {act}
          <div className="muted">{partner ? <bdi>{partner.companyName}</bdi> : subjectType}</div>
        </>
      ),
    },
    {
      header: "Changes",
      cell: ({ changes, reason }) => (
        <>
          <FieldChanges changes={changes} />
          {reason && (
            <p className="muted">
              Reason: <bdi>{reason}</bdi>
            </p>
          )}
        </>
      ),
    },
    { header: "Seal", isNumber: true, cell: ({ seal }) => seal?.number ?? "not yet" },
  ];
}

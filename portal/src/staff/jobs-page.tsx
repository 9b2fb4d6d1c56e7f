import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { useApiMutation, useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { Copyable } from "../components/copy-button";
import { ConfirmDialog } from "../components/confirm-dialog";
import { EmptyState } from "../components/empty-state";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { type Column, Table } from "../components/table";
import { useToast } from "../components/toasts";
import { enumLabel } from "../format/labels";
import { formatCount } from "../format/money";
import { BackgroundJobsDocument, type BackgroundJobsQuery, type JobLane, RetryDeadJobsDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useSession } from "../sign-in/session";
import { SettingsNav } from "./settings-nav";

const SECONDS = 10;
/** The most dead jobs that the API lists. */
const LISTED_MAX = 100;

type Lane = BackgroundJobsQuery["jobLanes"][number];
type DeadJob = BackgroundJobsQuery["deadJobs"][number];

/** What jobs do, by their lane; a lane that is not here has its name. */
const LANE_LABELS: Readonly<Record<string, string>> = {
  FAN_OUT: t`Create the deliveries of an event`,
  WEBHOOK: t`Send a webhook`,
  MAIL: t`Send a mail`,
  DIGEST: t`Write the monthly digests`,
};

const laneLabel = (lane: string | null): string =>
  lane === null ? t`For a newer version` : (LANE_LABELS[lane] ?? enumLabel(lane));

/** The jobs to be tried again, in words, and as the input of the mutation. */
interface Retry {
  readonly question: string;
  readonly input: { readonly lane?: JobLane; readonly subjectId?: string };
}

/** The work that is done in the background: how much waits, and what failed too often. All staff see it, admins retry. */
export function JobsPage() {
  useDocumentTitle(t`Background jobs`);
  const { viewer } = useSession();
  const canRetry = viewer.role === "admin";
  const { data, error, isLoading, refetch, asOf } = useLiveQuery(BackgroundJobsDocument, {}, SECONDS);
  const [retry, setRetry] = useState<Retry | null>(null);
  const showToast = useToast();
  const lanes = data?.jobLanes.map((lane) => ({ ...lane, id: lane.lane ?? "newer" }));
  const dead = data?.deadJobs.map((job) => ({ ...job, id: `${job.lane} ${job.subjectId}` }));
  const hasRetryable = data?.deadJobs.some(({ lane }) => lane !== null);
  const laneColumns = useLaneColumns();
  const deadColumns = useDeadColumns(canRetry ? setRetry : undefined);
  return (
    <>
      <SettingsNav />
      <PageHeader title={t`Background jobs`} asOf={asOf} lead={t`Work that is done after a change, such as sending webhooks`} />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <>
          <Section title={t`Jobs`}>
            {lanes?.length === 0 ? (
              <EmptyState><Trans>No jobs are waiting.</Trans></EmptyState>
            ) : (
              <Table caption={t`Jobs`} columns={laneColumns} rows={lanes} isLoading={isLoading} rowTestId="job-lane" />
            )}
          </Section>
          <Section
            title={t`Dead jobs`}
            lead={
              dead?.length === LISTED_MAX
                ? t`They failed too often, and are not tried again by themselves. The oldest ${formatCount(LISTED_MAX)} are shown.`
                : t`They failed too often, and are not tried again by themselves.`
            }
            actions={
              canRetry &&
              hasRetryable && (
                <button
                  className="button"
                  type="button"
                  onClick={() => setRetry({ question: t`Try all dead jobs again?`, input: {} })}
                >
                  <Trans>Try all again…</Trans>
                </button>
              )
            }
          >
            {dead?.length === 0 ? (
              <EmptyState><Trans>No jobs are dead.</Trans></EmptyState>
            ) : (
              <Table caption={t`Dead jobs`} columns={deadColumns} rows={dead} isLoading={isLoading} rowTestId="dead-job" />
            )}
          </Section>
        </>
      )}
      {retry && (
        <RetryDialog
          retry={retry}
          onClose={() => setRetry(null)}
          onSuccess={(message) => {
            setRetry(null);
            showToast(message);
            refetch();
          }}
        />
      )}
    </>
  );
}

function useLaneColumns(): readonly Column<Lane & { readonly id: string }>[] {
  return [
    { header: t`Kind`, cell: ({ lane }) => laneLabel(lane) },
    {
      header: t`Due`,
      isNumber: true,
      cell: ({ dueCount, oldestDueSeconds }) => (
        <>
          {formatCount(dueCount)}
          {oldestDueSeconds !== null && (
            <div className="muted">
              {plural(oldestDueSeconds, { one: "for up to # second", other: "for up to # seconds" })}
            </div>
          )}
        </>
      ),
    },
    { header: t`In progress`, isNumber: true, cell: ({ runningCount }) => formatCount(runningCount) },
    { header: t`Later`, isNumber: true, cell: ({ waitingCount }) => formatCount(waitingCount) },
    { header: t`Dead`, isNumber: true, cell: ({ deadCount }) => formatCount(deadCount) },
  ];
}

function useDeadColumns(
  onRetry: ((retry: Retry) => void) | undefined,
): readonly Column<DeadJob & { readonly id: string }>[] {
  const { calendar } = useSession();
  const columns: readonly Column<DeadJob & { readonly id: string }>[] = [
    {
      header: t`Job`,
      cell: ({ lane, subjectId }) => (
        <>
          {laneLabel(lane)}
          <div className="muted">
            <Copyable value={subjectId} copyLabel={t`Copy id of the job`} />
          </div>
        </>
      ),
    },
    { header: t`Dead since`, cell: ({ deadSince }) => calendar.formatDateTime(deadSince) },
    { header: t`Attempts`, isNumber: true, cell: ({ attempts }) => attempts },
    { header: t`Last error`, cell: ({ lastError }) => (lastError === null ? t`not known` : <span lang="en">{lastError}</span>) },
  ];
  if (!onRetry) return columns;
  return [
    ...columns,
    {
      header: t`Actions`,
      isCompact: true,
      cell: ({ lane, subjectId }) =>
        lane === null ? (
          t`after an upgrade`
        ) : (
          <button
            className="button"
            type="button"
            aria-label={t`Try again the job ${subjectId}…`}
            onClick={() => onRetry({ question: t`Try the job again?`, input: { lane, subjectId } })}
          >
            <Trans>Try again…</Trans>
          </button>
        ),
    },
  ];
}

interface RetryProps {
  readonly retry: Retry;
  readonly onClose: () => void;
  readonly onSuccess: (message: string) => void;
}

function RetryDialog({ retry, onClose, onSuccess }: RetryProps) {
  const mutate = useApiMutation(RetryDeadJobsDocument);
  return (
    <ConfirmDialog
      title={retry.question}
      confirmLabel={t`Try again`}
      onClose={onClose}
      onConfirm={() => mutate({ input: retry.input })}
      onSuccess={({ count }) =>
        onSuccess(
          count
            ? plural(count, { one: "# job will be tried again.", other: "# jobs will be tried again." })
            : t`Nothing is dead any more.`,
        )
      }
    >
      <p><Trans>Remove the cause of the failure first: otherwise it is dead again after as many attempts.</Trans></p>
    </ConfirmDialog>
  );
}

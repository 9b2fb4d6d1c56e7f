import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { useApiMutation, useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { EmptyValue } from "../components/amounts";
import { Copyable } from "../components/copy-button";
import { EmptyState } from "../components/empty-state";
import { FieldRow, StatusFilter, TextField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { INBOX_STATUSES, inboxStatusLabel } from "../format/labels";
import {
  type InboxEventFilter, type InboxEventRowFragment, InboxEventsDocument, type InboxEventsQuery, ReplayInboxEventsDocument,
} from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { FIRST_PAGE, usePageArgs, useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { BulkDialog } from "./bulk-dialog";
import { sendAgain } from "./repeated-act";
import { SelectAll } from "./select-all";
import { SelectionBar } from "./selection-bar";
import { SettingsNav } from "./settings-nav";

type Row = InboxEventRowFragment;

/** The most events that one request has handled again. */
const REPLAYED_MAX = 100;

/** How often the page is updated: often while something is about to be handled. */
const secondsOf = (data: InboxEventsQuery | undefined) =>
  data?.inboxEvents.nodes.some(({ status }) => status === "PENDING") ? 3 : 15;

/** Whether an event can be handled again. */
const isReplayable = ({ status }: Row) => status === "DEAD" || status === "IGNORED";

function parseFilter(params: URLSearchParams): InboxEventFilter {
  const status = INBOX_STATUSES.find((status) => status === params.get("status"));
  const eventType = params.get("type");
  return { ...(status && { status: [status] }), ...(eventType && { eventType }) };
}

/** The events that were received by webhooks, and what became of them. All staff see them, admins have them handled again. */
export function InboxPage() {
  useDocumentTitle(t`Received events`);
  const { viewer } = useSession();
  const canReplay = viewer.role === "admin";
  const { params } = useUrlState();
  const filter = parseFilter(params);
  const variables = { filter, ...usePageArgs(50) };
  const { data, error, isLoading, refetch, asOf } = useLiveQuery(InboxEventsDocument, variables, secondsOf);
  const events = data?.inboxEvents;
  const { selected, select, selectOnly } = useSelection(JSON.stringify(variables), events?.nodes ?? []);
  const [replayed, setReplayed] = useState<readonly Row[] | null>(null);
  const replayable = events?.nodes.filter(isReplayable) ?? [];
  const columns = useColumns(canReplay ? { selected, select, onReplay: (event) => setReplayed([event]) } : undefined);
  const replayButton = (
    <button className="button" type="button" disabled={selected.length === 0} onClick={() => setReplayed(selected)}>
      <Trans>Handle selected again…</Trans>
    </button>
  );
  return (
    <>
      <SettingsNav />
      <PageHeader
        title={t`Received events`}
        asOf={asOf}
        lead={t`What Stripe has reported, and what became of it. Kept for 90 days after an event was handled.`}
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section title={t`Received events`} lead={t`Latest first`} actions={canReplay && replayable.length > 0 && replayButton}>
          <div className="stack">
            <Filter />
            {canReplay && replayable.length > 0 && (
              <SelectAll
                noun="received event"
                isPageSelected={selected.length > 0 && selected.length === replayable.length}
                isAllMatching={false}
                selectedCount={selected.length}
                totalCount={replayable.length}
                onPage={(isSelected) => selectOnly(isSelected ? replayable : [])}
                onAllMatching={() => {}}
              />
            )}
            {events?.nodes.length === 0 && !isLoading ? (
              <EmptyState>
                {Object.keys(filter).length > 0
                  ? t`No events match these filters.`
                  : t`Nothing was received yet. Stripe reports events once its webhook endpoints have the URL of the settings.`}
              </EmptyState>
            ) : (
              <Table
                caption={t`Received events`}
                columns={columns}
                rows={events?.nodes}
                isLoading={isLoading}
                rowTestId="inbox-event"
              />
            )}
            {selected.length > 0 && <SelectionBar>{replayButton}</SelectionBar>}
            {events && (
              <Pagination noun="received event" totalCount={events.totalCount} pageInfo={events.pageInfo} files={events} />
            )}
          </div>
        </Section>
      )}
      {replayed && (
        <ReplayDialog
          events={replayed}
          onClose={() => setReplayed(null)}
          onEnd={() => {
            selectOnly([]);
            refetch();
          }}
        />
      )}
    </>
  );
}

/** The selected events of the page. They are no longer selected on another page, and once they are handled again. */
function useSelection(page: string, rows: readonly Row[]) {
  const [selection, setSelection] = useState<{ readonly page: string; readonly ids: ReadonlySet<string> }>({ page, ids: new Set() });
  const ids = selection.page === page ? selection.ids : new Set<string>();
  const selected = rows.filter((row) => isReplayable(row) && ids.has(row.id));
  return {
    selected,
    select: ({ id }: Row, isSelected: boolean) => {
      const next = new Set(ids);
      if (isSelected) next.add(id);
      else next.delete(id);
      setSelection({ page, ids: next });
    },
    selectOnly: (rows: readonly Row[]) => setSelection({ page, ids: new Set(rows.map(({ id }) => id)) }),
  };
}

function Filter() {
  const { params, setParams } = useUrlState();
  return (
    <form role="search" aria-label={t`Received events`} onSubmit={(event) => event.preventDefault()}>
      <FieldRow>
        <StatusFilter statuses={INBOX_STATUSES} labelOf={inboxStatusLabel} />
        <TextField
          label={t`Type`}
          name="type"
          dir="ltr"
          autoComplete="off"
          spellCheck={false}
          placeholder={t`All`}
          hint={t`In the words of Stripe, as in invoice.paid`}
          defaultValue={params.get("type") ?? ""}
          onChange={({ target }) => setParams({ ...FIRST_PAGE, type: target.value.trim() })}
        />
      </FieldRow>
    </form>
  );
}

interface Replaying {
  readonly selected: readonly Row[];
  readonly select: (event: Row, isSelected: boolean) => void;
  readonly onReplay: (event: Row) => void;
}

function useColumns(replaying: Replaying | undefined): readonly Column<Row>[] {
  const { calendar } = useSession();
  const columns: readonly Column<Row>[] = [
    { header: t`Received`, isCompact: true, cell: ({ receivedAt }) => calendar.formatDateTime(receivedAt) },
    {
      header: t`Event`,
      cell: ({ eventType, eventId, account }) => (
        <>
          <code dir="ltr">{eventType}</code>
          <div className="muted">
            <Copyable value={eventId} copyLabel={t`Copy id of the event`} />
          </div>
          {account && <div className="muted">{t`about the account ${account}`}</div>}
        </>
      ),
    },
    {
      header: t`Status`,
      isCompact: true,
      cell: ({ status, isLive }) => (
        <>
          <StatusBadge {...inboxStatusLabel(status)} />
          {!isLive && (
            <div>
              <StatusBadge label={t`Test mode`} tone="pending" />
            </div>
          )}
        </>
      ),
    },
    { header: t`Message`, cell: ({ message }) => (message === null ? <EmptyValue /> : <span lang="en">{message}</span>) },
    {
      header: t`Handled`,
      isCompact: true,
      cell: ({ handledAt }) => (handledAt ? calendar.formatDateTime(handledAt) : <EmptyValue />),
    },
  ];
  if (!replaying) return columns;
  const { selected, select, onReplay } = replaying;
  const selection: Column<Row> = {
    header: t`Select`,
    isCompact: true,
    cell: (event) =>
      isReplayable(event) && (
        <input
          type="checkbox"
          aria-label={t`Select ${event.eventType} ${event.eventId}`}
          checked={selected.includes(event)}
          onChange={({ target }) => select(event, target.checked)}
        />
      ),
  };
  const actions: Column<Row> = {
    header: t`Actions`,
    isCompact: true,
    cell: (event) =>
      isReplayable(event) ? (
        <button
          className="button"
          type="button"
          aria-label={t`Handle again ${event.eventType} ${event.eventId}…`}
          onClick={() => onReplay(event)}
        >
          <Trans>Handle again…</Trans>
        </button>
      ) : (
        <EmptyValue />
      ),
  };
  return [selection, ...columns, actions];
}

interface ReplayProps {
  readonly events: readonly Row[];
  readonly onClose: () => void;
  readonly onEnd: () => void;
}

function ReplayDialog({ events, onClose, onEnd }: ReplayProps) {
  const replay = useApiMutation(ReplayInboxEventsDocument);
  return (
    <BulkDialog
      title={(count) => plural(count, { one: "Handle # event again?", other: "Handle # events again?" })}
      noun="received event"
      doneLabel={(count) => plural(count, { one: "# event will be handled again", other: "# events will be handled again" })}
      confirmLabel={t`Handle again`}
      rows={events}
      labelOf={({ eventType, eventId }) => <bdi>{`${eventType} ${eventId}`}</bdi>}
      batchSize={REPLAYED_MAX}
      // What is handled twice has the effect of once.
      perform={(rows) => sendAgain(() => replay({ input: { ids: rows.map(({ id }) => id) } }), () => {})}
      onClose={onClose}
      onEnd={onEnd}
    >
      {() => (
        <p>
          <Trans>
            Remove the cause first: the message of an event says it. An event that is handled twice has the effect of once.
          </Trans>
        </p>
      )}
    </BulkDialog>
  );
}

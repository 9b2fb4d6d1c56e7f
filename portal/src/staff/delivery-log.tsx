import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useEffect, useState } from "react";
import { useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { FieldRow, StatusFilter } from "../components/fields";
import { Pagination } from "../components/pagination";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { useToast } from "../components/toasts";
import { isolated } from "../format/isolation";
import { formatCount } from "../format/money";
import {
  WebhookDeliveriesDocument, type WebhookDeliveriesQuery, type WebhookDeliveryFilter, type WebhookDeliveryRowFragment,
  type WebhookEndpointRowFragment,
} from "../gql/graphql";
import { usePageArgs, useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { ReplayDeliveryDialog } from "./webhook-dialogs";
import { DELIVERY_STATUSES, deliveryStatusLabel, eventTypeName } from "./webhook-labels";

const SECONDS = 10;
/** While a delivery is being sent, which takes a moment. */
const SENDING_SECONDS = 1;
/** A delivery that is due for longer waits for something else. */
const SENDING_MS = 60_000;

/** Whether a delivery is about to be sent, or was sent and has no answer yet. */
function isSending({ status, nextAttemptAt }: WebhookDeliveryRowFragment): boolean {
  return status === "PENDING" && nextAttemptAt !== null && Math.abs(Date.now() - Date.parse(nextAttemptAt)) < SENDING_MS;
}

const intervalOf = (data: WebhookDeliveriesQuery | undefined) =>
  data?.webhookDeliveries.nodes.some(isSending) ? SENDING_SECONDS : SECONDS;

interface Props {
  readonly endpoint: WebhookEndpointRowFragment;
  readonly canReplay: boolean;
  /** Changes when something was sent: then the log is read again. */
  readonly sendCount: number;
}

/** The deliveries to a webhook, with a filter by their status. Those that are over can be sent again. */
export function DeliveryLog({ endpoint, canReplay, sendCount }: Props) {
  const { params } = useUrlState();
  const status = DELIVERY_STATUSES.find((status) => status === params.get("status"));
  const filter: WebhookDeliveryFilter = { endpointId: endpoint.id, ...(status && { status: [status] }) };
  const variables = { filter, ...usePageArgs(50) };
  const { data, error, isLoading, refetch } = useLiveQuery(WebhookDeliveriesDocument, variables, intervalOf);
  const [replayed, setReplayed] = useState<WebhookDeliveryRowFragment | null>(null);
  const showToast = useToast();
  const columns = useColumns(canReplay ? setReplayed : undefined);
  useEffect(() => {
    if (sendCount > 0) refetch();
  }, [sendCount, refetch]);
  const deliveries = data?.webhookDeliveries;
  return (
    <div className="stack">
      <FieldRow>
        <StatusFilter statuses={DELIVERY_STATUSES} labelOf={deliveryStatusLabel} />
      </FieldRow>
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {deliveries?.nodes.length === 0 && !isLoading && (
        <EmptyState>{status ? t`No deliveries have this status.` : t`Nothing was sent to it yet.`}</EmptyState>
      )}
      {!(error && !data) && !(deliveries?.nodes.length === 0 && !isLoading) && (
        <Table
          caption={t`Deliveries`}
          columns={columns}
          rows={deliveries?.nodes}
          isLoading={isLoading}
          rowTestId="webhook-delivery"
        />
      )}
      {deliveries && (
        <Pagination
          noun="delivery"
          totalCount={deliveries.totalCount}
          pageInfo={deliveries.pageInfo}
          files={deliveries}
        />
      )}
      {replayed && (
        <ReplayDeliveryDialog
          endpoint={endpoint}
          delivery={replayed}
          onClose={() => setReplayed(null)}
          onSuccess={(message) => {
            setReplayed(null);
            showToast(message);
            refetch();
          }}
        />
      )}
    </div>
  );
}

function useColumns(
  onReplay: ((delivery: WebhookDeliveryRowFragment) => void) | undefined,
): readonly Column<WebhookDeliveryRowFragment>[] {
  const { calendar } = useSession();
  const columns: readonly Column<WebhookDeliveryRowFragment>[] = [
    {
      header: t`Event`,
      cell: ({ event, replay }) => (
        <>
          {eventTypeName(event.eventType)}
          <div className="muted">
            {replay > 0
              ? t`${calendar.formatDateTime(event.occurredAt)}, sent again`
              : calendar.formatDateTime(event.occurredAt)}
          </div>
        </>
      ),
    },
    { header: t`Status`, isCompact: true, cell: ({ status }) => <StatusBadge {...deliveryStatusLabel(status)} /> },
    { header: t`Attempts`, isNumber: true, cell: ({ attempts }) => attempts },
    { header: t`Last answer`, cell: (delivery) => <LastAnswer delivery={delivery} /> },
    {
      header: t`Ended`,
      cell: ({ endedAt, nextAttemptAt }) => {
        if (endedAt) return calendar.formatDateTime(endedAt);
        return nextAttemptAt ? t`next attempt ${calendar.formatDateTime(nextAttemptAt)}` : <EmptyValue />;
      },
    },
  ];
  if (!onReplay) return columns;
  const actions: Column<WebhookDeliveryRowFragment> = {
    header: t`Actions`,
    isCompact: true,
    cell: (delivery) =>
      delivery.status === "PENDING" ? (
        <EmptyValue />
      ) : (
        <button
          className="button"
          type="button"
          aria-label={t`Send again ${isolated(eventTypeName(delivery.event.eventType))} of ${calendar.formatDateTime(delivery.event.occurredAt)}…`}
          onClick={() => onReplay(delivery)}
        >
          <Trans>Send again…</Trans>
        </button>
      ),
  };
  return [...columns, actions];
}

function LastAnswer({ delivery }: { readonly delivery: WebhookDeliveryRowFragment }) {
  const { lastStatus, lastError, lastMilliseconds } = delivery;
  if (lastMilliseconds === null) return <EmptyValue />;
  return (
    <>
      {lastError === null ? lastStatus : <span lang="en">{lastError}</span>}
      <div className="muted">{t`after ${formatCount(lastMilliseconds)} ms`}</div>
    </>
  );
}

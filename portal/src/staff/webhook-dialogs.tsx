import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { useApiMutation } from "../api";
import { ConfirmDialog, type ErrorOf } from "../components/confirm-dialog";
import { FieldRow, TextField } from "../components/fields";
import { rejected } from "../format/input";
import { isolated } from "../format/isolation";
import { momentOf } from "../format/moments";
import {
  CreateWebhookEndpointDocument, DeleteWebhookEndpointDocument, ReplayWebhooksDocument, RotateWebhookSecretDocument,
  UpdateWebhookEndpointDocument, type WebhookDeliveryRowFragment, type WebhookEndpointRowFragment, type WebhookEventType,
} from "../gql/graphql";
import { useSession } from "../sign-in/session";
import { EventTypesField } from "./event-types-field";
import { eventTypeName } from "./webhook-labels";

interface DialogProps {
  readonly onClose: () => void;
  readonly onSuccess: (message: string) => void;
}

interface EndpointProps extends DialogProps {
  readonly endpoint: WebhookEndpointRowFragment;
}

interface FieldsProps {
  readonly endpoint?: WebhookEndpointRowFragment | undefined;
  readonly types: ReadonlySet<WebhookEventType>;
  readonly onTypes: (types: ReadonlySet<WebhookEventType>) => void;
  readonly errorOf: ErrorOf;
}

function EndpointFields({ endpoint, types, onTypes, errorOf }: FieldsProps) {
  return (
    <>
      <TextField
        label="URL"
        name="url"
        type="url"
        required
        maxLength={2_000}
        autoComplete="off"
        placeholder="https://ledger.example.com/revshare"
        defaultValue={endpoint?.url}
        hint={t`Starts with https:// and is on the public internet`}
        error={errorOf("url")}
      />
      <TextField
        label={t`Description`}
        name="description"
        dir="auto"
        maxLength={255}
        autoComplete="off"
        defaultValue={endpoint?.description ?? ""}
        hint={t`What it is for; may be empty`}
        error={errorOf("description")}
      />
      <EventTypesField selected={types} onChange={onTypes} error={errorOf("eventTypes")} />
    </>
  );
}

interface CreateProps {
  readonly onClose: () => void;
  readonly onSuccess: (secret: string) => void;
}

/** Creates a webhook; its secret is shown once afterwards. */
export function CreateEndpointDialog({ onClose, onSuccess }: CreateProps) {
  const create = useApiMutation(CreateWebhookEndpointDocument);
  const [types, setTypes] = useState<ReadonlySet<WebhookEventType>>(new Set());
  return (
    <ConfirmDialog
      title={t`New webhook`}
      confirmLabel={t`Create webhook`}
      onClose={onClose}
      onConfirm={(valueOf) => {
        const [url, description] = [valueOf("url"), valueOf("description")];
        if (types.size === 0) return Promise.resolve(rejected("eventTypes", t`Select one or more events`));
        return create({ input: { url, eventTypes: [...types], ...(description && { description }) } });
      }}
      onSuccess={({ secret }) => onSuccess(secret ?? "")}
    >
      {(errorOf) => (
        <>
          <p><Trans>Events are sent to the URL as they happen, signed with a secret that is shown once.</Trans></p>
          <EndpointFields types={types} onTypes={setTypes} errorOf={errorOf} />
        </>
      )}
    </ConfirmDialog>
  );
}

/** Changes the URL, the description and the events of a webhook. */
export function EditEndpointDialog({ endpoint, onClose, onSuccess }: EndpointProps) {
  const update = useApiMutation(UpdateWebhookEndpointDocument);
  const [types, setTypes] = useState<ReadonlySet<WebhookEventType>>(new Set(endpoint.eventTypes));
  return (
    <ConfirmDialog
      title={t`Edit webhook`}
      confirmLabel={t`Save`}
      onClose={onClose}
      onConfirm={(valueOf) => {
        if (types.size === 0) return Promise.resolve(rejected("eventTypes", t`Select one or more events`));
        const [url, description] = [valueOf("url"), valueOf("description") || null];
        // An URL that stays as it is need not be reachable now.
        const changedUrl = url === endpoint.url ? {} : { url };
        return update({ input: { id: endpoint.id, description, eventTypes: [...types], ...changedUrl } });
      }}
      onSuccess={() => onSuccess(t`The webhook was saved.`)}
    >
      {(errorOf) => <EndpointFields endpoint={endpoint} types={types} onTypes={setTypes} errorOf={errorOf} />}
    </ConfirmDialog>
  );
}

/** Enables or disables a webhook. */
export function EnableEndpointDialog({ endpoint, onClose, onSuccess }: EndpointProps) {
  const update = useApiMutation(UpdateWebhookEndpointDocument);
  const isEnabling = endpoint.status !== "ENABLED";
  return (
    <ConfirmDialog
      title={isEnabling ? t`Enable the webhook?` : t`Disable the webhook?`}
      confirmLabel={isEnabling ? t`Enable webhook` : t`Disable webhook`}
      onClose={onClose}
      onConfirm={() => update({ input: { id: endpoint.id, isEnabled: isEnabling } })}
      onSuccess={() => onSuccess(isEnabling ? t`The webhook was enabled.` : t`The webhook was disabled.`)}
    >
      <p>
        {isEnabling
          ? t`Events are sent to it from now on. What it has missed is sent by “Send missed events”.`
          : t`Nothing is sent to it until it is enabled. Events are kept for 90 days, and can be sent then.`}
      </p>
    </ConfirmDialog>
  );
}

interface RotateProps {
  readonly endpoint: WebhookEndpointRowFragment;
  readonly onClose: () => void;
  readonly onSuccess: (secret: string) => void;
}

/** Gives a webhook a new secret, which is shown once afterwards. */
export function RotateSecretDialog({ endpoint, onClose, onSuccess }: RotateProps) {
  const rotate = useApiMutation(RotateWebhookSecretDocument);
  return (
    <ConfirmDialog
      title={t`New secret`}
      confirmLabel={t`Make a new secret`}
      onClose={onClose}
      onConfirm={(valueOf) => {
        const hours = valueOf("overlapHours");
        if (!/^\d{1,3}$/.test(hours)) return Promise.resolve(rejected("overlapHours", t`Enter a number of hours, 0 to 168`));
        return rotate({ input: { id: endpoint.id, overlapHours: Number(hours) } });
      }}
      onSuccess={({ secret }) => onSuccess(secret ?? "")}
    >
      {(errorOf) => (
        <>
          <p>
            <Trans>For some hours, bodies are signed with the present secret as well, so that nothing is refused meanwhile.</Trans>
          </p>
          <TextField
            label={t`Hours with both secrets`}
            name="overlapHours"
            inputMode="numeric"
            required
            autoComplete="off"
            defaultValue="24"
            hint={t`0 to 168; 0 ends the present secret at once`}
            error={errorOf("overlapHours")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

/** Deletes a webhook, after asking. */
export function DeleteEndpointDialog({ endpoint, onClose, onSuccess }: EndpointProps) {
  const remove = useApiMutation(DeleteWebhookEndpointDocument);
  return (
    <ConfirmDialog
      title={t`Delete the webhook?`}
      confirmLabel={t`Delete webhook`}
      onClose={onClose}
      onConfirm={() => remove({ input: { id: endpoint.id } })}
      onSuccess={() => onSuccess(t`The webhook was deleted.`)}
    >
      <p>
        <Trans>
          Nothing is sent to <bdi>{endpoint.url}</bdi> any more, and what waits is abandoned. You cannot undo this.
        </Trans>
      </p>
    </ConfirmDialog>
  );
}

/** Sends everything since a moment that a webhook has missed. */
export function ReplaySinceDialog({ endpoint, onClose, onSuccess }: EndpointProps) {
  const { calendar } = useSession();
  const replay = useApiMutation(ReplayWebhooksDocument);
  return (
    <ConfirmDialog
      title={t`Send missed events`}
      confirmLabel={t`Send events`}
      onClose={onClose}
      onConfirm={(valueOf) => {
        const since = momentOf(calendar.timeZone, valueOf("since"), valueOf("time"));
        if (!since) return Promise.resolve(rejected("since", t`Enter a day, and a time if you like`));
        return replay({ input: { endpointId: endpoint.id, since } });
      }}
      onSuccess={({ count }) =>
        onSuccess(
          count
            ? plural(count, { one: "# event will be sent.", other: "# events will be sent." })
            : t`There was nothing to send.`,
        )
      }
    >
      {(errorOf) => (
        <>
          <p>
            <Trans>
              Every event since then that was never delivered to the webhook is sent, with the id that it has always had. At
              most 10,000 at a time; events are kept for 90 days.
            </Trans>
          </p>
          <FieldRow>
            <TextField
              label={t`Since`}
              name="since"
              type="date"
              required
              hint={t`In the time zone ${calendar.timeZone}`}
              error={errorOf("since")}
            />
            <TextField label={t`Time`} name="time" type="time" hint={t`Empty: the start of the day`} error={errorOf("time")} />
          </FieldRow>
        </>
      )}
    </ConfirmDialog>
  );
}

interface ReplayProps extends EndpointProps {
  readonly delivery: WebhookDeliveryRowFragment;
}

/** Sends the event of one delivery again. */
export function ReplayDeliveryDialog({ endpoint, delivery, onClose, onSuccess }: ReplayProps) {
  const replay = useApiMutation(ReplayWebhooksDocument);
  const { calendar } = useSession();
  return (
    <ConfirmDialog
      title={t`Send the event again?`}
      confirmLabel={t`Send again`}
      onClose={onClose}
      onConfirm={() => replay({ input: { endpointId: endpoint.id, deliveryId: delivery.id } })}
      onSuccess={() => onSuccess(t`The event will be sent again.`)}
    >
      <p>
        <Trans>
          {isolated(eventTypeName(delivery.event.eventType))} of {calendar.formatDateTime(delivery.event.occurredAt)}. The
          receiver recognizes it by its id, which stays the same.
        </Trans>
      </p>
    </ConfirmDialog>
  );
}

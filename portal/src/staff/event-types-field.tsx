import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useId } from "react";
import fields from "../components/fields.module.css";
import type { WebhookEventType } from "../gql/graphql";
import css from "./event-types-field.module.css";
import { EVENT_TYPES, eventTypeDescription, eventTypeName } from "./webhook-labels";

interface Props {
  readonly selected: ReadonlySet<WebhookEventType>;
  readonly onChange: (selected: ReadonlySet<WebhookEventType>) => void;
  /** The server's validation message. */
  readonly error: ReactNode;
}

/** A choice of the types of events that a webhook subscribes to: one or more. */
export function EventTypesField({ selected, onChange, error }: Props) {
  const id = useId();
  const isAll = EVENT_TYPES.every((type) => selected.has(type));
  const toggle = (type: WebhookEventType, isSelected: boolean) => {
    const others = [...selected].filter((other) => other !== type);
    onChange(new Set(isSelected ? [...others, type] : others));
  };
  return (
    <fieldset className={css.types} aria-describedby={id}>
      <legend><Trans>Events</Trans></legend>
      <p id={id} className={error ? fields.error : fields.hint}>
        {error ?? t`${selected.size} of ${EVENT_TYPES.length} selected`}
      </p>
      <label>
        <input
          type="checkbox"
          name="eventTypes"
          checked={isAll}
          aria-invalid={Boolean(error)}
          onChange={({ target }) => onChange(new Set(target.checked ? EVENT_TYPES : []))}
        />
        <span><Trans>All events</Trans></span>
      </label>
      {EVENT_TYPES.map((type) => (
        <label key={type}>
          <input type="checkbox" checked={selected.has(type)} onChange={({ target }) => toggle(type, target.checked)} />
          <span>
            {eventTypeDescription(type)} <code>{eventTypeName(type)}</code>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

import { t } from "@lingui/core/macro";
import type { StatusLabel } from "../format/labels";
import { enumLabel } from "../format/labels";
import type { WebhookDeliveryStatus, WebhookEndpointStatus, WebhookEventType } from "../gql/graphql";

const ENDPOINT_LABELS: Readonly<Record<WebhookEndpointStatus, StatusLabel>> = {
  ENABLED: { label: t`Enabled`, tone: "success" },
  DISABLED: { label: t`Disabled`, tone: "danger" },
  DELETED: { label: t`Deleted`, tone: "neutral" },
};

const DELIVERY_LABELS: Readonly<Record<WebhookDeliveryStatus, StatusLabel>> = {
  PENDING: { label: t`Waiting`, tone: "pending" },
  DELIVERED: { label: t`Delivered`, tone: "success" },
  FAILED: { label: t`Failed`, tone: "danger" },
  ABANDONED: { label: t`Abandoned`, tone: "neutral" },
};

interface EndpointState {
  readonly status: string;
  /** The instant of the first failure since the last success, if there is one. */
  readonly failingSince: string | null;
}

/** How an endpoint is displayed: failing while it is enabled and its last attempt failed. */
export function endpointLabel({ status, failingSince }: EndpointState): StatusLabel {
  if (status === "ENABLED" && failingSince) return { label: t`Failing`, tone: "danger" };
  return ENDPOINT_LABELS[status as WebhookEndpointStatus] ?? { label: enumLabel(status), tone: "neutral" };
}

export const deliveryStatusLabel = (status: string): StatusLabel =>
  DELIVERY_LABELS[status as WebhookDeliveryStatus] ?? { label: enumLabel(status), tone: "neutral" };

export const DELIVERY_STATUSES = Object.keys(DELIVERY_LABELS) as WebhookDeliveryStatus[];

/** The types of events that an endpoint can subscribe to, with what each tells. */
const EVENT_TYPE_LABELS: Readonly<Record<Exclude<WebhookEventType, "WEBHOOK_TEST">, string>> = {
  COMMISSION_RECORDED: t`An invoice earned a commission`,
  COMMISSION_REVERSED: t`A commission was taken back`,
  COMMISSION_REINSTATED: t`A refund was reversed`,
  COMMISSION_ADJUSTED: t`An adjustment was recorded`,
  COMMISSION_APPROVED: t`Commissions were approved`,
  COMMISSION_APPROVAL_REVERTED: t`Approvals were taken back`,
  COMMISSION_CANCELLED: t`Commissions were cancelled`,
  PAYOUT_CREATED: t`A payout is ready`,
  PAYOUT_PROCESSING: t`A payout was sent`,
  PAYOUT_COMPLETED: t`A payout arrived`,
  PAYOUT_FAILED: t`A payout failed`,
  PAYOUT_CANCELLED: t`A payout was cancelled`,
  PAYOUT_RETURNED: t`The money of a payout came back`,
  PAYOUT_ATTENTION: t`Staff must look at a payout`,
  PAYOUT_ACCOUNT_UPDATED: t`The account that a partner is paid to changed`,
  REFERRAL_SUBMITTED: t`A lead was submitted`,
  REFERRAL_ADVANCED: t`The status of a lead changed`,
  REFERRAL_CONVERTED: t`A lead became a customer`,
  PARTNER_CREATED: t`A partner was created`,
  PARTNER_UPDATED: t`A partner was changed`,
  PARTNER_USER_ADDED: t`A user was added to a partner`,
  PARTNER_USER_DEACTIVATED: t`A user was deactivated`,
  WEBHOOK_ENDPOINT_FAILING: t`A webhook has been failing for a day`,
  WEBHOOK_ENDPOINT_DISABLED: t`A webhook was disabled by its failures`,
};

export const EVENT_TYPES = Object.keys(EVENT_TYPE_LABELS) as (keyof typeof EVENT_TYPE_LABELS)[];

export const eventTypeDescription = (type: string): string =>
  EVENT_TYPE_LABELS[type as keyof typeof EVENT_TYPE_LABELS] ?? enumLabel(type);

/** The type as receivers see it: `payout.completed` of `PAYOUT_COMPLETED`. */
export const eventTypeName = (type: string): string =>
  type === "PAYOUT_ACCOUNT_UPDATED" ? "payout_account.updated" : type.toLowerCase().replace("_", ".");

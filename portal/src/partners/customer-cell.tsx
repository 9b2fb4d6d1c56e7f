import { eventTypeLabel } from "../format/labels";
import type { CommissionRowFragment } from "../gql/graphql";

interface NameProps {
  readonly customerId: string;
  readonly customerName: string | null;
}

/** A customer: by name if the server reveals it, with the id, as masked names are often the same. */
export function CustomerName({ customerId, customerName }: NameProps) {
  return (
    <>
      <bdi>{customerName ?? customerId}</bdi>
      {customerName && (
        <div className="muted">
          <bdi>{customerId}</bdi>
        </div>
      )}
    </>
  );
}

interface Props {
  readonly commission: Pick<CommissionRowFragment, "customerId" | "eventType" | "managedAccount">;
}

/**
 * The customer of a commission, by name if the server reveals it, otherwise by id; and its type if it is no invoice.
 */
export function CustomerCell({ commission }: Props) {
  const { customerId, managedAccount, eventType } = commission;
  const name = managedAccount?.customerName ?? customerId;
  const type = eventType === "INVOICE_PAID" ? null : eventTypeLabel(eventType);
  if (!name) return <>{type}</>;
  return (
    <>
      <bdi>{name}</bdi>
      {type && <span className="muted"> · {type}</span>}
    </>
  );
}

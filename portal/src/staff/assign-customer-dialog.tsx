import { useId, useState } from "react";
import { useApiMutation, useApiQuery } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { TextField } from "../components/fields";
import { AssignManagedAccountDocument, StaffPartnersDocument } from "../gql/graphql";
import { useSession } from "../sign-in/session";
import type { Invoice } from "./invoices-page";

interface Props {
  readonly invoice: Invoice;
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

/** Assigns the customer of an invoice to a partner, from the payment on. */
export function AssignCustomerDialog({ invoice, onClose, onSuccess }: Props) {
  const { calendar } = useSession();
  const assign = useApiMutation(AssignManagedAccountDocument);
  const [text, setText] = useState("");
  const listId = useId();
  const search = text.replace(/ \([^()]*\)$/, "");
  const { data } = useApiQuery(StaffPartnersDocument, { filter: search ? { search } : null, first: 20 });
  const optionText = (partner: { companyName: string; partnerNumber: string }) =>
    `${partner.companyName} (${partner.partnerNumber})`;
  const partner = data?.partners.nodes.find((partner) => optionText(partner) === text);
  const { customerId, paidAt } = invoice;
  return (
    <ConfirmDialog
      title={`Assign customer ${customerId}`}
      confirmLabel="Assign customer"
      canConfirm={partner !== undefined}
      onClose={onClose}
      onConfirm={() => assign({ input: { partnerId: partner?.id ?? "", customerId, startsAt: paidAt } })}
      onSuccess={() => onSuccess(`Assigned ${customerId} to ${text}. Assess its invoices again now.`)}
    >
      <TextField
        label="Partner"
        type="search"
        list={listId}
        required
        value={text}
        onChange={({ target }) => setText(target.value)}
        autoComplete="off"
        hint={`Manages the customer from ${calendar.formatDateTime(paidAt)} on, when this invoice was paid`}
      />
      <datalist id={listId}>
        {data?.partners.nodes.map((partner) => (
          <option key={partner.id} value={optionText(partner)} />
        ))}
      </datalist>
    </ConfirmDialog>
  );
}

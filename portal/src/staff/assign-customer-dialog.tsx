import { plural, t } from "@lingui/core/macro";
import { useState } from "react";
import { useApiMutation, useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { SelectField } from "../components/fields";
import { isolated } from "../format/isolation";
import { AssignManagedAccountDocument, InvoicesWithoutCommissionDocument } from "../gql/graphql";
import { useSession } from "../sign-in/session";
import type { Invoice } from "./invoices-page";
import { PartnerField, usePartnerSearch } from "./partner-field";

interface Props {
  readonly invoice: Invoice;
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

/** Assigns the customer of an invoice to a partner, from its first invoice without an account on, or from this one. */
export function AssignCustomerDialog({ invoice, onClose, onSuccess }: Props) {
  const { calendar } = useSession();
  const { customerId, paidAt } = invoice;
  const assign = useApiMutation(AssignManagedAccountDocument);
  const search = usePartnerSearch();
  const partner = search.partnerOf(search.text);
  // The last one of a list that begins with the latest payment.
  const { data, error, refetch } = useApiQuery(InvoicesWithoutCommissionDocument, {
    filter: { customerId, outcome: ["NO_MANAGED_ACCOUNT"] },
    first: null,
    last: 1,
  });
  const [chosenStart, setStart] = useState<string | null>(null);
  const firstPaidAt = data?.invoices.nodes[0]?.paidAt ?? paidAt;
  const invoiceCount = data?.invoices.totalCount ?? 1;
  const startsAt = chosenStart ?? firstPaidAt;
  const isStartChosen = firstPaidAt !== paidAt;
  const hint = t`Manages the customer from ${calendar.formatDateTime(startsAt)} on`;
  const fieldHint = isStartChosen ? undefined : hint;
  return (
    <ConfirmDialog
      title={t`Assign customer ${isolated(customerId)}`}
      confirmLabel={t`Assign customer`}
      canConfirm={partner !== undefined && data !== undefined}
      onClose={onClose}
      onConfirm={() => assign({ input: { partnerId: partner?.id ?? "", customerId, startsAt } })}
      onSuccess={() => onSuccess(t`Assigned ${isolated(customerId)} to ${isolated(search.text)}.`)}
    >
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      <PartnerField search={search} required hint={search.text && !partner ? t`Choose one of the suggestions` : fieldHint} />
      {isStartChosen && (
        <SelectField
          label={t`From`}
          hint={hint}
          value={startsAt}
          onChange={setStart}
          options={[
            {
              value: firstPaidAt,
              label: plural(invoiceCount, {
                one: "The first of its # invoice without an account",
                other: "The first of its # invoices without an account",
              }),
            },
            { value: paidAt, label: t`This invoice, of ${calendar.formatDate(paidAt)}` },
          ]}
        />
      )}
    </ConfirmDialog>
  );
}

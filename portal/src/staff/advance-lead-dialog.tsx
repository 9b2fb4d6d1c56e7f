import { useState } from "react";
import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { FieldRow, SelectField, TextAreaField, TextField } from "../components/fields";
import { AMOUNT_MESSAGE, isAmount, rejected } from "../format/input";
import { isolated } from "../format/isolation";
import { LEAD_STATUSES, leadStatusLabel } from "../format/labels";
import { AdvanceReferralLeadDocument, type ReferralStatus } from "../gql/graphql";
import type { LeadDetail } from "./lead-dialog";

/** The statuses that a lead can get, those that usually follow first. */
function otherStatuses(status: string): readonly ReferralStatus[] {
  const others = LEAD_STATUSES.filter((other) => other !== status && other !== "NEW");
  const isLater = (other: ReferralStatus) => LEAD_STATUSES.indexOf(other) > LEAD_STATUSES.findIndex((known) => known === status);
  return [...others.filter(isLater), ...others.filter((other) => !isLater(other))];
}

interface Props {
  readonly lead: LeadDetail;
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

/** Moves a lead to another status; a conversion names the customer, and can assign it to the partner. */
export function AdvanceLeadDialog({ lead, onClose, onSuccess }: Props) {
  const advance = useApiMutation(AdvanceReferralLeadDocument);
  const options = otherStatuses(lead.status);
  const [status, setStatus] = useState<ReferralStatus>(options[0] ?? "LOST");
  const isConversion = status === "CONVERTED";
  const currency = lead.estimatedValue?.currency ?? lead.partner.payoutCurrency;
  const name = isolated(lead.companyName ?? lead.contactName);
  return (
    <ConfirmDialog
      title={`Move ${name} on`}
      confirmLabel={isConversion ? "Convert lead" : `Set to ${leadStatusLabel(status).label.toLowerCase()}`}
      onClose={onClose}
      onConfirm={(valueOf) => {
        const notes = valueOf("notes");
        const actualValue = valueOf("actualValue");
        const customerId = valueOf("convertedCustomerId");
        if (actualValue && !isAmount(actualValue)) return Promise.resolve(rejected("actualValue", AMOUNT_MESSAGE));
        return advance({
          input: {
            id: lead.id,
            status,
            ...(notes !== (lead.notes ?? "") && { notes: notes || null }),
            ...(isConversion && {
              ...(customerId && { convertedCustomerId: customerId, assignAccount: valueOf("assignAccount") === "on" }),
              ...(actualValue && { actualValue: { amount: actualValue, currency } }),
            }),
          },
        });
      }}
      onSuccess={({ warnings }) => {
        const warning = warnings?.length ? ` ${warnings.join(" ")}` : "";
        onSuccess(`${name} is now ${leadStatusLabel(status).label.toLowerCase()}.${warning}`);
      }}
    >
      {(errorOf) => (
        <>
          <SelectField
            label="Status"
            value={status}
            onChange={(value) => setStatus(options.find((option) => option === value) ?? status)}
            options={options.map((value) => ({ value, label: leadStatusLabel(value).label }))}
          />
          {isConversion && (
            <>
              <FieldRow>
                <TextField
                  label="Customer id"
                  name="convertedCustomerId"
                  autoComplete="off"
                  hint="As in the billing system"
                  error={errorOf("convertedCustomerId")}
                />
                <TextField
                  label={`Actual value in ${currency}`}
                  name="actualValue"
                  inputMode="decimal"
                  placeholder="1500.00"
                  autoComplete="off"
                  error={errorOf("actualValue")}
                />
              </FieldRow>
              <label>
                <input type="checkbox" name="assignAccount" defaultChecked /> Assign the customer to the partner, so that its
                invoices earn a commission from now on
              </label>
            </>
          )}
          <TextAreaField label="Notes" name="notes" defaultValue={lead.notes ?? ""} error={errorOf("notes")} />
        </>
      )}
    </ConfirmDialog>
  );
}

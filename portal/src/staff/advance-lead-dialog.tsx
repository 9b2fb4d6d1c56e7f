import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { FieldRow, SelectField, TextAreaField, TextField } from "../components/fields";
import { amountMessage, decimalText, parseAmount, rejected } from "../format/input";
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
      title={t`Change the status of ${name}`}
      confirmLabel={isConversion ? t`Convert lead` : t`Set to “${leadStatusLabel(status).label}”`}
      onClose={onClose}
      onConfirm={(valueOf) => {
        const notes = valueOf("notes");
        const valueText = valueOf("actualValue");
        const actualValue = parseAmount(valueText);
        const customerId = valueOf("convertedCustomerId");
        if (valueText && !actualValue) return Promise.resolve(rejected("actualValue", amountMessage(valueText)));
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
        onSuccess(t`The status of ${name} is “${leadStatusLabel(status).label}” now.` + warning);
      }}
    >
      {(errorOf) => (
        <>
          <SelectField
            label={t`Status`}
            value={status}
            onChange={(value) => setStatus(options.find((option) => option === value) ?? status)}
            options={options.map((value) => ({ value, label: leadStatusLabel(value).label }))}
          />
          {isConversion && (
            <>
              <FieldRow>
                <TextField
                  label={t`Customer id`}
                  name="convertedCustomerId"
                  autoComplete="off"
                  hint={t`As in the billing system`}
                  error={errorOf("convertedCustomerId")}
                />
                <TextField
                  label={t`Actual value in ${currency}`}
                  name="actualValue"
                  inputMode="decimal"
                  placeholder={decimalText("1500.00")}
                  autoComplete="off"
                  error={errorOf("actualValue")}
                />
              </FieldRow>
              <label>
                <input type="checkbox" name="assignAccount" defaultChecked />{" "}
                <Trans>
                  Assign the customer to the partner, so that its
                  invoices earn a commission from now on
                </Trans>
              </label>
            </>
          )}
          <TextAreaField label={t`Notes`} name="notes" defaultValue={lead.notes ?? ""} error={errorOf("notes")} />
        </>
      )}
    </ConfirmDialog>
  );
}

import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { ChoiceField, FieldRow, TextField } from "../components/fields";
import { parsePercentage, PERCENTAGE_MESSAGE, percentageText, rejected } from "../format/input";
import { isolated } from "../format/isolation";
import { enumOptions, PARTNER_STATUSES, PARTNER_TIERS } from "../format/labels";
import {
  CreatePartnerDocument, type PartnerDetailsFragment, type PartnerStatus, type PartnerTier, UpdatePartnerDocument,
} from "../gql/graphql";
import { useSession } from "../sign-in/session";

interface Props {
  /** The partner to change; without one, a partner is created. */
  readonly partner?: PartnerDetailsFragment | undefined;
  readonly onClose: () => void;
  /** Called with a message for the user, and the id of the partner. */
  readonly onSuccess: (message: string, id: string) => void;
}

/** Creates a partner, or changes its properties and terms. */
export function PartnerDialog({ partner, onClose, onSuccess }: Props) {
  const { viewer, calendar } = useSession();
  const create = useApiMutation(CreatePartnerDocument);
  const update = useApiMutation(UpdatePartnerDocument);
  const save = (valueOf: (name: string) => string) => {
    const rateText = valueOf("defaultCommissionRate");
    const defaultCommissionRate = rateText === "" ? null : parsePercentage(rateText);
    if (defaultCommissionRate === undefined) {
      return Promise.resolve(rejected("defaultCommissionRate", PERCENTAGE_MESSAGE));
    }
    const input = {
      companyName: valueOf("companyName"),
      payoutCurrency: valueOf("payoutCurrency").toUpperCase(),
      tier: valueOf("tier") as PartnerTier,
      status: valueOf("status") as PartnerStatus,
      defaultCommissionRate,
    };
    if (!partner) {
      const partnerNumber = valueOf("partnerNumber");
      return create({ input: { ...input, ...(partnerNumber && { partnerNumber }) } });
    }
    const effectiveFrom = calendar.startOfDay(valueOf("effectiveFrom"));
    // What did not change is left out: another user may have changed it meanwhile.
    const changes = Object.fromEntries(
      Object.entries(input).filter(([name, value]) => partner[name as keyof typeof input] !== value),
    );
    return update({ input: { id: partner.id, ...changes, ...(effectiveFrom && { effectiveFrom }) } });
  };
  return (
    <ConfirmDialog
      title={partner ? "Edit partner" : "New partner"}
      confirmLabel={partner ? "Save" : "Create partner"}
      onClose={onClose}
      onConfirm={save}
      onSuccess={({ partner: saved }) => {
        if (saved) onSuccess(`${partner ? "Saved" : "Created"} ${isolated(saved.companyName)}.`, saved.id);
      }}
    >
      {(errorOf) => (
        <>
          <TextField
            label="Company"
            name="companyName"
            dir="auto"
            required
            autoComplete="off"
            defaultValue={partner?.companyName}
            error={errorOf("companyName")}
          />
          <FieldRow>
            {!partner && (
              <TextField
                label="Number"
                name="partnerNumber"
                placeholder="Assigned"
                autoComplete="off"
                error={errorOf("partnerNumber")}
              />
            )}
            <TextField
              label="Rate in percent"
              name="defaultCommissionRate"
              inputMode="decimal"
              autoComplete="off"
              defaultValue={percentageText(partner?.defaultCommissionRate ?? null)}
              hint="Empty: only accounts with a rate of their own earn"
              error={errorOf("defaultCommissionRate")}
            />
            <TextField
              label="Payout currency"
              name="payoutCurrency"
              maxLength={3}
              required
              autoComplete="off"
              defaultValue={partner?.payoutCurrency ?? viewer.tenant.defaultCurrency}
              error={errorOf("payoutCurrency")}
            />
          </FieldRow>
          <FieldRow>
            <ChoiceField
              label="Status"
              name="status"
              defaultValue={partner?.status ?? "ACTIVE"}
              options={enumOptions(PARTNER_STATUSES)}
              error={errorOf("status")}
            />
            <ChoiceField
              label="Tier"
              name="tier"
              defaultValue={partner?.tier ?? "BRONZE"}
              options={enumOptions(PARTNER_TIERS)}
              error={errorOf("tier")}
            />
          </FieldRow>
          {partner && (
            <TextField
              label="Rate, status and tier hold from"
              name="effectiveFrom"
              type="date"
              hint="Empty: from now on. A past day counts for invoices that are recorded from now on, not for recorded commissions."
              error={errorOf("effectiveFrom")}
            />
          )}
        </>
      )}
    </ConfirmDialog>
  );
}

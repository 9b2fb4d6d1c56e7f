import { t } from "@lingui/core/macro";
import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { ChoiceField, FieldRow, TextField } from "../components/fields";
import { rejected } from "../format/input";
import { TAX_TREATMENTS, taxTreatmentLabel } from "../format/labels";
import { type LegalIdentityFragment, type TaxTreatment, UpdatePartnerLegalDocument } from "../gql/graphql";
import { useSession } from "../sign-in/session";
import { changesOf, IdentityFields, readIdentity } from "./legal-fields";

interface Props {
  readonly partnerId: string;
  /** The present identity; null if there is none. */
  readonly legal: LegalIdentityFragment | null;
  readonly onClose: () => void;
  readonly onSuccess: () => void;
}

/** Sets or changes the legal identity of a partner. */
export function LegalDialog({ partnerId, legal, onClose, onSuccess }: Props) {
  const { calendar } = useSession();
  const update = useApiMutation(UpdatePartnerLegalDocument);
  const agreedOn = legal?.selfBillingAgreedAt ? calendar.dayOf(legal.selfBillingAgreedAt) : "";
  const save = (valueOf: (name: string) => string) => {
    const date = valueOf("selfBillingAgreedAt");
    const agreedAt = date === "" ? null : calendar.startOfDay(date);
    if (date !== "" && agreedAt === null) return Promise.resolve(rejected("selfBillingAgreedAt", t`Enter a date`));
    const values = {
      ...readIdentity(valueOf),
      taxTreatment: (valueOf("taxTreatment") || null) as TaxTreatment | null,
      taxNote: valueOf("taxNote") || null,
    };
    const changes = changesOf(values, legal);
    // The same day keeps its time.
    return update({ input: { partnerId, ...changes, ...(date !== agreedOn && { selfBillingAgreedAt: agreedAt }) } });
  };
  return (
    <ConfirmDialog title={t`Edit legal identity`} confirmLabel={t`Save`} onClose={onClose} onConfirm={save} onSuccess={onSuccess}>
      {(errorOf) => (
        <>
          <IdentityFields identity={legal} errorOf={errorOf} />
          <FieldRow>
            <ChoiceField
              label={t`Tax treatment`}
              name="taxTreatment"
              defaultValue={legal?.taxTreatment ?? ""}
              options={[
                { value: "", label: t`Not stated` },
                ...TAX_TREATMENTS.map((value) => ({ value, label: taxTreatmentLabel(value) })),
              ]}
              hint={t`Invoices with VAT are not supported: the partner issues them`}
              error={errorOf("taxTreatment")}
            />
            <TextField
              label={t`Tax note`}
              name="taxNote"
              dir="auto"
              autoComplete="off"
              defaultValue={legal?.taxNote ?? ""}
              hint={t`On the invoice; for an exemption, its legal basis`}
              error={errorOf("taxNote")}
            />
          </FieldRow>
          <TextField
            label={t`Self-billing agreed on`}
            name="selfBillingAgreedAt"
            type="date"
            defaultValue={agreedOn}
            hint={t`Empty: not agreed. With an agreement, each completed payout comes with an invoice that the tenant issues in the name of the partner. The partner accepts these invoices, issues none for the same commissions, and keeps its VAT ID here up to date.`}
            error={errorOf("selfBillingAgreedAt")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

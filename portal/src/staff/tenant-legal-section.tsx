import { t } from "@lingui/core/macro";
import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { DescriptionList } from "../components/description-list";
import { type TenantLegalFragment, UpdateTenantLegalDocument } from "../gql/graphql";
import { changesOf, IdentityFields, IdentityItems, readIdentity } from "../partners/legal-fields";
import { LegalIdentitySection } from "../partners/legal-identity-section";

interface Props {
  readonly legal: TenantLegalFragment | null;
  readonly canChange: boolean;
  readonly onSaved: () => void;
}

/** The legal identity of the tenant: the customer on invoices under self-billing. */
export function TenantLegalSection({ legal, canChange, onSaved }: Props) {
  return (
    <LegalIdentitySection
      lead={t`The customer on self-billing invoices; reverse charge needs a VAT ID`}
      canChange={canChange}
      onSaved={onSaved}
      dialog={(handlers) => <TenantLegalDialog legal={legal} {...handlers} />}
    >
      {legal && (
        <DescriptionList>
          <IdentityItems identity={legal} />
        </DescriptionList>
      )}
    </LegalIdentitySection>
  );
}

interface DialogProps {
  readonly legal: TenantLegalFragment | null;
  readonly onClose: () => void;
  readonly onSuccess: () => void;
}

function TenantLegalDialog({ legal, onClose, onSuccess }: DialogProps) {
  const update = useApiMutation(UpdateTenantLegalDocument);
  return (
    <ConfirmDialog
      title={t`Edit legal identity`}
      confirmLabel={t`Save`}
      onClose={onClose}
      onConfirm={(valueOf) => update({ input: changesOf(readIdentity(valueOf), legal) })}
      onSuccess={onSuccess}
    >
      {(errorOf) => <IdentityFields identity={legal} errorOf={errorOf} />}
    </ConfirmDialog>
  );
}

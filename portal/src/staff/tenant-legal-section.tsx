import { useState } from "react";
import { useApiMutation } from "../api";
import { SuccessAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { DescriptionList } from "../components/description-list";
import { EmptyState } from "../components/empty-state";
import { Section } from "../components/section";
import { type TenantLegalFragment, UpdateTenantLegalDocument } from "../gql/graphql";
import { changesOf, IdentityFields, IdentityItems, readIdentity } from "../partners/legal-fields";

interface Props {
  readonly legal: TenantLegalFragment | null;
  readonly canChange: boolean;
  readonly onSaved: () => void;
}

/** The legal identity of the tenant: the customer on invoices under self-billing. */
export function TenantLegalSection({ legal, canChange, onSaved }: Props) {
  const [isEditing, setIsEditing] = useState(false);
  const [isSaved, setIsSaved] = useState(false);
  return (
    <Section
      title="Legal identity"
      lead="The customer on self-billing invoices; reverse charge needs a VAT ID"
      actions={
        canChange && (
          <button className="button" type="button" onClick={() => setIsEditing(true)}>
            Edit legal identity…
          </button>
        )
      }
    >
      <div className="stack">
        {isSaved && <SuccessAlert>The legal identity was saved. Statements that were issued stay as they are.</SuccessAlert>}
        {legal ? (
          <DescriptionList>
            <IdentityItems identity={legal} />
          </DescriptionList>
        ) : (
          <EmptyState>No legal identity yet: payouts have statements, not invoices.</EmptyState>
        )}
      </div>
      {isEditing && (
        <TenantLegalDialog
          legal={legal}
          onClose={() => setIsEditing(false)}
          onSuccess={() => {
            setIsEditing(false);
            setIsSaved(true);
            onSaved();
          }}
        />
      )}
    </Section>
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
      title="Edit legal identity"
      confirmLabel="Save"
      onClose={onClose}
      onConfirm={(valueOf) => update({ input: changesOf(readIdentity(valueOf), legal) })}
      onSuccess={onSuccess}
    >
      {(errorOf) => <IdentityFields identity={legal} errorOf={errorOf} />}
    </ConfirmDialog>
  );
}

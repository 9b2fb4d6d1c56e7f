import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { ChoiceField, TextField } from "../components/fields";
import { isolated } from "../format/isolation";
import { enumOptions, PARTNER_USER_ROLES } from "../format/labels";
import {
  AddPartnerUserDocument, DeactivatePartnerUserDocument, type PartnerUserRole, type PartnerUserRowFragment,
} from "../gql/graphql";

interface Props {
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

/** Links a user of the identity provider to a partner. */
export function AddPartnerUserDialog({ partnerId, onClose, onSuccess }: Props & { readonly partnerId: string }) {
  const add = useApiMutation(AddPartnerUserDocument);
  return (
    <ConfirmDialog
      title="Add a user"
      confirmLabel="Add user"
      onClose={onClose}
      onConfirm={(valueOf) =>
        add({
          input: {
            partnerId,
            userId: valueOf("userId"),
            email: valueOf("email"),
            role: valueOf("role") as PartnerUserRole,
          },
        })
      }
      onSuccess={({ partnerUser }) => onSuccess(`Added ${isolated(partnerUser?.userId ?? "the user")}.`)}
    >
      {(errorOf) => (
        <>
          <TextField
            label="User id"
            name="userId"
            required
            autoComplete="off"
            hint="The claim “sub” of the user’s token"
            error={errorOf("userId")}
          />
          <TextField label="E-mail" name="email" type="email" required autoComplete="off" error={errorOf("email")} />
          <ChoiceField label="Role" name="role" options={enumOptions(PARTNER_USER_ROLES)} error={errorOf("role")} />
        </>
      )}
    </ConfirmDialog>
  );
}

/** Ends the access of a user to a partner. */
export function DeactivatePartnerUserDialog({ user, onClose, onSuccess }: Props & { readonly user: PartnerUserRowFragment }) {
  const deactivate = useApiMutation(DeactivatePartnerUserDocument);
  const name = isolated(user.userId);
  return (
    <ConfirmDialog
      title={`Deactivate ${name}?`}
      confirmLabel="Deactivate user"
      onClose={onClose}
      onConfirm={() => deactivate({ input: { id: user.id } })}
      onSuccess={() => onSuccess(`Deactivated ${name}.`)}
    >
      <p>The user no longer sees this partner, from the next request on. Adding the user again restores the access.</p>
    </ConfirmDialog>
  );
}

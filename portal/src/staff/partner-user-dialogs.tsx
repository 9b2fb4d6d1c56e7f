import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { ChoiceField, TextField } from "../components/fields";
import { isolated } from "../format/isolation";
import { PARTNER_USER_ROLES, partnerUserRoleLabel } from "../format/labels";
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
      title={t`Add a user`}
      confirmLabel={t`Add user`}
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
      onSuccess={({ partnerUser }) => onSuccess(partnerUser ? t`Added ${isolated(partnerUser.userId)}.` : t`Added the user.`)}
    >
      {(errorOf) => (
        <>
          <TextField
            label={t`User id`}
            name="userId"
            required
            autoComplete="off"
            hint={t`As the identity provider calls the user: the claim “sub” of the token`}
            error={errorOf("userId")}
          />
          <TextField label={t`E-mail`} name="email" type="email" required autoComplete="off" error={errorOf("email")} />
          <ChoiceField label={t`Role`} name="role" options={PARTNER_USER_ROLES.map((value) => ({ value, label: partnerUserRoleLabel(value) }))} error={errorOf("role")} />
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
      title={t`Deactivate ${name}?`}
      confirmLabel={t`Deactivate user`}
      onClose={onClose}
      onConfirm={() => deactivate({ input: { id: user.id } })}
      onSuccess={() => onSuccess(t`Deactivated ${name}.`)}
    >
      <p><Trans>The user no longer sees this partner, from the next request on. Adding the user again restores the access.</Trans></p>
    </ConfirmDialog>
  );
}

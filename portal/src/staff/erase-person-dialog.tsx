import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { TextAreaField, TextField } from "../components/fields";
import { rejected } from "../format/input";
import { isolated } from "../format/isolation";
import { ErasePersonDocument, type ErasePersonInput } from "../gql/graphql";

interface Props {
  /** The lead or the link of the partner user. */
  readonly person: Pick<ErasePersonInput, "referralLeadId"> | Pick<ErasePersonInput, "partnerUserId">;
  readonly name: string;
  /** What is erased, and what happens then. */
  readonly explanation: string;
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

/** The word that is typed to confirm what cannot be undone. */
const WORD = t({ message: "erase", context: "the word to type" });

/** Erases what was written about a person who asked for it. */
export function ErasePersonDialog({ person, name, explanation, onClose, onSuccess }: Props) {
  const erase = useApiMutation(ErasePersonDocument);
  return (
    <ConfirmDialog
      title={t`Erase ${isolated(name)}?`}
      confirmLabel={t`Erase person`}
      onClose={onClose}
      onConfirm={(valueOf) => {
        if (valueOf("confirmation").toLowerCase() !== WORD.toLowerCase()) {
          return Promise.resolve(rejected("confirmation", t`Enter the word “${WORD}”`));
        }
        return erase({ input: { ...person, reason: valueOf("reason") } });
      }}
      onSuccess={() => onSuccess(t`The person was erased.`)}
    >
      {(errorOf) => (
        <>
          <p>
            {explanation} <Trans>Amounts and statuses stay. You cannot undo this.</Trans>
          </p>
          <TextAreaField
            label={t`Reason`}
            name="reason"
            required
            hint={t`It is kept, so that it should not name the person`}
            error={errorOf("reason")}
          />
          <TextField
            label={t`Enter “${WORD}” to confirm`}
            name="confirmation"
            required
            autoComplete="off"
            error={errorOf("confirmation")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

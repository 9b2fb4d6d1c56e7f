import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { ConfirmDialog } from "../components/confirm-dialog";
import { ChoiceField, FieldRow, SelectField, TextField } from "../components/fields";
import { countryOptions } from "../format/countries";
import { rejected } from "../format/input";
import { useAccountChange } from "./account-change";

interface Props {
  readonly partnerId: string;
  /** The country of the partner, if it is known. */
  readonly country: string | undefined;
  /** Whether the partner has a bank account, which is ended. */
  readonly isReplaced: boolean;
  /** What happens next, in a sentence. */
  readonly nextStep: string;
  readonly onClose: () => void;
  readonly onSuccess: (message: string) => void;
}

/** The fields of a bank account of each kind. */
const IBAN = "iban";
const NUMBER = "number";

/** Sets the bank account that a partner is paid to. */
export function BankAccountDialog({ partnerId, country, isReplaced, nextStep, onClose, onSuccess }: Props) {
  const { setBankAccount } = useAccountChange(partnerId);
  const [kind, setKind] = useState(IBAN);
  const save = (valueOf: (name: string) => string) => {
    const holder = valueOf("holder");
    const bic = valueOf("bic");
    const [first, message] = kind === IBAN ? ["iban", t`Enter the IBAN`] : ["accountNumber", t`Enter the account number`];
    if (holder === "") return Promise.resolve(rejected("holder", t`Enter the name of the holder`));
    if (valueOf(first) === "") return Promise.resolve(rejected(first, message));
    const bank =
      kind === IBAN
        ? { iban: valueOf("iban") }
        : {
            country: valueOf("country"),
            accountNumber: valueOf("accountNumber"),
            ...(valueOf("bankCode") && { bankCode: valueOf("bankCode") }),
          };
    return setBankAccount({ holder, ...bank, ...(bic && { bic }) });
  };
  return (
    <ConfirmDialog
      title={isReplaced ? t`Change the bank account` : t`Give a bank account`}
      confirmLabel={t`Save bank account`}
      onClose={onClose}
      onConfirm={save}
      onSuccess={() => onSuccess(t`The bank account was saved.`)}
    >
      {(errorOf) => (
        <>
          <p>
            {nextStep}{" "}
            {isReplaced && t`Nothing more is paid to the present account.`} <Trans>All owners of the partner get a mail.</Trans>
          </p>
          <TextField
            label={t`Holder`}
            name="holder"
            dir="auto"
            required
            maxLength={70}
            autoComplete="off"
            hint={t`As the bank has the name`}
            error={errorOf("holder")}
          />
          <SelectField
            label={t`Kind of account`}
            value={kind}
            onChange={setKind}
            options={[
              { value: IBAN, label: t`with an IBAN` },
              { value: NUMBER, label: t`with an account number` },
            ]}
          />
          {kind === IBAN ? (
            <TextField
              key={IBAN}
              label={t`IBAN`}
              name="iban"
              dir="ltr"
              required
              autoComplete="off"
              spellCheck={false}
              error={errorOf("iban")}
            />
          ) : (
            <>
              <ChoiceField
                label={t`Country of the bank`}
                name="country"
                defaultValue={country ?? ""}
                options={[{ value: "", label: t`Choose…` }, ...countryOptions()]}
                error={errorOf("country")}
              />
              <FieldRow>
                <TextField
                  label={t`Account number`}
                  name="accountNumber"
                  dir="ltr"
                  required
                  autoComplete="off"
                  spellCheck={false}
                  error={errorOf("accountNumber")}
                />
                <TextField
                  label={t`Code of the bank`}
                  name="bankCode"
                  dir="ltr"
                  autoComplete="off"
                  spellCheck={false}
                  hint={t`Such as the routing number or the sort code`}
                  error={errorOf("bankCode")}
                />
              </FieldRow>
            </>
          )}
          <TextField
            label={t`BIC`}
            name="bic"
            dir="ltr"
            maxLength={11}
            autoComplete="off"
            spellCheck={false}
            hint={kind === IBAN ? t`Not needed within SEPA` : t`Needed if there is no code of the bank`}
            error={errorOf("bic")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ConfirmDialog } from "../components/confirm-dialog";
import { TextField } from "../components/fields";
import { type Column, Table } from "../components/table";
import { ExactTime } from "../components/timestamp";
import { rejected } from "../format/input";
import type { PayoutAccountRowFragment } from "../gql/graphql";
import { useAccountChange } from "../partners/account-change";

interface Props {
  readonly partner: { readonly id: string; readonly companyName: string; readonly legal: { readonly name: string } | null };
  readonly account: PayoutAccountRowFragment;
  readonly onClose: () => void;
  readonly onSuccess: (message: string) => void;
}

interface Line {
  readonly id: string;
  readonly name: string;
  readonly given: string;
  readonly known: string;
}

const COLUMNS: readonly Column<Line>[] = [
  { header: t`What to compare`, cell: ({ name }) => name },
  { header: t`Given`, cell: ({ given }) => <bdi>{given}</bdi> },
  { header: t`What is known`, cell: ({ known }) => <bdi>{known}</bdi> },
];

/** A name as it is compared: without case, marks and blanks. */
const plain = (name: string) => name.normalize("NFKD").replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();

/** Confirms a bank account: what was given is compared with what is known, and with what the partner says by another way. */
export function ConfirmBankAccountDialog({ partner, account, onClose, onSuccess }: Props) {
  const { confirmBankAccount } = useAccountChange(partner.id);
  const { companyName, legal } = partner;
  const names = [companyName, ...(legal && legal.name !== companyName ? [legal.name] : [])];
  const holder = account.holder ?? "";
  const isOther = !names.some((name) => plain(name) === plain(holder));
  const lines: readonly Line[] = [
    { id: "holder", name: t`Holder`, given: holder, known: names.join("; ") },
    { id: "number", name: t`Account number`, given: account.destination, known: t`what the partner says` },
  ];
  const save = (valueOf: (name: string) => string) =>
    valueOf("number") === ""
      ? Promise.resolve(rejected("number", t`Enter the number that the partner has confirmed to you`))
      : confirmBankAccount(account.id, valueOf("number"));
  return (
    <ConfirmDialog
      title={t`Confirm this bank account?`}
      confirmLabel={t`Confirm`}
      onClose={onClose}
      onConfirm={save}
      onSuccess={() => onSuccess(t`The bank account is confirmed: payment files can pay to it.`)}
    >
      {(errorOf) => (
        <>
          <p>
            {account.createdBy === null ? (
              <Trans>Given <ExactTime at={account.createdAt} />.</Trans>
            ) : (
              <Trans>Given <ExactTime at={account.createdAt} />, by <bdi>{account.createdBy}</bdi>.</Trans>
            )}
          </p>
          <Table caption={t`Comparison`} columns={COLUMNS} rows={lines} isLoading={false} />
          {isOther && (
            <p role="note">
              <strong><Trans>The holder is not the name of the partner.</Trans></strong>{" "}
              <Trans>Ask why before you confirm.</Trans>
            </p>
          )}
          <p>
            <Trans>
              Money is stolen by changed bank details. Call the partner on a number that you knew before, and ask for the account
              number; do not take it from a mail.
            </Trans>
          </p>
          <TextField
            label={t`IBAN or account number, as the partner says it`}
            name="number"
            dir="ltr"
            required
            autoComplete="off"
            spellCheck={false}
            hint={t`It is compared with the number that was given, which is not shown in full`}
            error={errorOf("number")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { Link } from "react-router";
import { useApiMutation, useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { EmptyState } from "../components/empty-state";
import { TextField } from "../components/fields";
import { Section } from "../components/section";
import { Skeleton } from "../components/skeleton";
import { ExactTime } from "../components/timestamp";
import { useToast } from "../components/toasts";
import { rejected } from "../format/input";
import { PayingAccountDocument, SetPayingAccountDocument } from "../gql/graphql";
import { useSession } from "../sign-in/session";
import { sendAgain } from "./repeated-act";

/** The bank account that the tenant pays from by payment files. Admins set it, other staff see it. */
export function PayingAccountSection() {
  const { viewer } = useSession();
  const { data, error, refetch } = useApiQuery(PayingAccountDocument, {});
  const [isEditing, setIsEditing] = useState(false);
  const showToast = useToast();
  const isAdmin = viewer.role === "admin";
  const account = data?.viewer.tenant.payingAccount;
  return (
    <Section
      title={t`Paying account`}
      lead={t`The bank account that payment files pay from`}
      actions={
        isAdmin &&
        data && (
          <button className="button" type="button" onClick={() => setIsEditing(true)}>
            {account ? t`Change paying account…` : t`Set paying account…`}
          </button>
        )
      }
    >
      <div className="stack">
        {error && !data && <ErrorAlert error={error} onRetry={refetch} />}
        {!error && !data && <Skeleton width="long" />}
        {data && !account && (
          <EmptyState>
            {isAdmin
              ? t`Not set: SEPA files need it, CSV files do not.`
              : t`Not set: SEPA files need it, CSV files do not. Admins set it.`}
          </EmptyState>
        )}
        {account && (
          <>
            <DescriptionList>
              <DescriptionItem term={t`Holder`}>
                <bdi>{account.holder}</bdi>
              </DescriptionItem>
              <DescriptionItem term={t`IBAN`}>
                <bdi dir="ltr">{account.iban}</bdi>
              </DescriptionItem>
              {account.bic && <DescriptionItem term={t`BIC`}>{account.bic}</DescriptionItem>}
              <DescriptionItem term={t({ message: "Set", context: "account" })}>
                <Trans>
                  <ExactTime at={account.setAt} />, by <bdi>{account.setBy}</bdi>
                </Trans>
              </DescriptionItem>
            </DescriptionList>
            <p>
              <Trans>
                Finance creates payment files from the list of <Link to="/staff/payouts?status=READY">payouts</Link>, for partners
                with a confirmed bank account.
              </Trans>
            </p>
          </>
        )}
      </div>
      {isEditing && (
        <PayingAccountDialog
          isSet={Boolean(account)}
          onClose={() => setIsEditing(false)}
          onSuccess={() => {
            setIsEditing(false);
            showToast(t`The paying account was saved.`);
            refetch();
          }}
        />
      )}
    </Section>
  );
}

interface DialogProps {
  readonly isSet: boolean;
  readonly onClose: () => void;
  readonly onSuccess: () => void;
}

function PayingAccountDialog({ isSet, onClose, onSuccess }: DialogProps) {
  const set = useApiMutation(SetPayingAccountDocument);
  const save = (valueOf: (name: string) => string) => {
    const [holder, iban, bic] = [valueOf("holder"), valueOf("iban"), valueOf("bic")];
    if (holder === "") return Promise.resolve(rejected("holder", t`Enter the name of the holder`));
    if (iban === "") return Promise.resolve(rejected("iban", t`Enter the IBAN`));
    return sendAgain(() => set({ input: { holder, iban, ...(bic && { bic }) } }), () => {});
  };
  return (
    <ConfirmDialog
      title={isSet ? t`Change the paying account` : t`Set the paying account`}
      confirmLabel={t`Save`}
      onClose={onClose}
      onConfirm={save}
      onSuccess={onSuccess}
    >
      {(errorOf) => (
        <>
          {isSet && <p><Trans>Files that exist already stay as they are.</Trans></p>}
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
          <TextField label={t`IBAN`} name="iban" dir="ltr" required autoComplete="off" spellCheck={false} error={errorOf("iban")} />
          <TextField
            label={t`BIC`}
            name="bic"
            dir="ltr"
            maxLength={11}
            autoComplete="off"
            spellCheck={false}
            hint={t`Not needed within SEPA`}
            error={errorOf("bic")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { Section } from "../components/section";
import { useToast } from "../components/toasts";
import { isolated } from "../format/isolation";
import type { PayoutAccountRowFragment, PayoutAccountStatus } from "../gql/graphql";
import { useSession } from "../sign-in/session";
import { BankAccountDetails } from "./bank-account-details";
import { BankAccountDialog } from "./bank-account-dialog";
import { EndPayoutAccountDialog } from "./end-account-dialog";

interface Props {
  readonly partnerId: string;
  /** The country of the partner, if it is known. */
  readonly country: string | undefined;
  readonly account: PayoutAccountRowFragment | undefined;
  readonly canChange: boolean;
  readonly onChange: () => void;
}

/** The bank account of a partner, as the partner sees it. */
export function BankAccountSection({ partnerId, country, account, canChange, onChange }: Props) {
  const { viewer } = useSession();
  const [dialog, setDialog] = useState<"set" | "end" | null>(null);
  const showToast = useToast();
  const tenant = isolated(viewer.tenant.name);
  const handlers = {
    onClose: () => setDialog(null),
    onSuccess: (message: string) => {
      setDialog(null);
      showToast(message);
      onChange();
    },
  };
  const sentences: Partial<Readonly<Record<PayoutAccountStatus, string>>> = {
    UNCONFIRMED: t`${tenant} confirms these details before anything is paid to this account.`,
    READY: t`Your bank account is confirmed: payouts can be paid to it.`,
  };
  return (
    <Section
      title={t`Bank account`}
      lead={t`For payouts that ${tenant} pays by bank transfer`}
      actions={
        canChange && (
          <>
            <button className={account ? "button" : "button-primary"} type="button" onClick={() => setDialog("set")}>
              {account ? t`Change bank account…` : t`Give bank account…`}
            </button>
            {account && (
              <button className="button" type="button" onClick={() => setDialog("end")}>
                <Trans>End bank account…</Trans>
              </button>
            )}
          </>
        )
      }
    >
      <div className="stack">
        <p>{account ? sentences[account.status] : t`You have given no bank account yet.`}</p>
        {account && <BankAccountDetails account={account} />}
        {!canChange && (
          <p className="muted"><Trans>Owners and finance users of the partner give the bank account.</Trans></p>
        )}
      </div>
      {dialog === "set" && (
        <BankAccountDialog
          partnerId={partnerId}
          country={country}
          isReplaced={account !== undefined}
          nextStep={t`${tenant} confirms the account before it is paid to.`}
          {...handlers}
        />
      )}
      {dialog === "end" && account && <EndPayoutAccountDialog partnerId={partnerId} account={account} {...handlers} />}
    </Section>
  );
}

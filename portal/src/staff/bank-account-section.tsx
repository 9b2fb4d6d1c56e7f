import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { EmptyState } from "../components/empty-state";
import { Section } from "../components/section";
import { useToast } from "../components/toasts";
import type { PayoutAccountRowFragment } from "../gql/graphql";
import { BankAccountDetails } from "../partners/bank-account-details";
import { BankAccountDialog } from "../partners/bank-account-dialog";
import { EndPayoutAccountDialog } from "../partners/end-account-dialog";
import { useCanManageCommissions, useSession } from "../sign-in/session";
import { ConfirmBankAccountDialog } from "./confirm-bank-account-dialog";

interface Props {
  readonly partner: { readonly id: string; readonly companyName: string; readonly legal: { readonly name: string; readonly country: string } | null };
  readonly account: PayoutAccountRowFragment | undefined;
  /** Called after a change. */
  readonly onChange: () => void;
}

/** The bank account that payment files pay a partner to. One user of finance sets it, and another one confirms it. */
export function BankAccountSection({ partner, account, onChange }: Props) {
  const { viewer } = useSession();
  const canChange = useCanManageCommissions();
  const [dialog, setDialog] = useState<"set" | "confirm" | "end" | null>(null);
  const showToast = useToast();
  const isUnconfirmed = account?.status === "UNCONFIRMED";
  const isOwn = account?.createdBy === viewer.userId;
  const handlers = {
    onClose: () => setDialog(null),
    onSuccess: (message: string) => {
      setDialog(null);
      showToast(message);
      onChange();
    },
  };
  return (
    <Section
      title={t`Bank account`}
      lead={t`The account that payment files pay to`}
      actions={
        canChange && (
          <>
            {isUnconfirmed && !isOwn && (
              <button className="button-primary" type="button" onClick={() => setDialog("confirm")}>
                <Trans>Confirm bank account…</Trans>
              </button>
            )}
            <button className="button" type="button" onClick={() => setDialog("set")}>
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
      {account ? (
        <div className="stack">
          {isUnconfirmed && (
            <p>
              {isOwn
                ? t`You have given this account, so that another user of finance has to confirm it. Until then, nothing is paid to it.`
                : t`Nothing is paid to this account until a user of finance has confirmed it, who is not the one who has given it.`}
            </p>
          )}
          <BankAccountDetails account={account} />
        </div>
      ) : (
        <EmptyState><Trans>No bank account yet: payment files cannot pay this partner.</Trans></EmptyState>
      )}
      {dialog === "set" && (
        <BankAccountDialog
          partnerId={partner.id}
          country={partner.legal?.country}
          isReplaced={account !== undefined}
          nextStep={t`Another user of finance confirms the account before it is paid to.`}
          {...handlers}
        />
      )}
      {dialog === "confirm" && account && <ConfirmBankAccountDialog partner={partner} account={account} {...handlers} />}
      {dialog === "end" && account && <EndPayoutAccountDialog partnerId={partner.id} account={account} {...handlers} />}
    </Section>
  );
}

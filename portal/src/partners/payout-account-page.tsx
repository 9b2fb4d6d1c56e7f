import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type FormEvent, useEffect, useState } from "react";
import { type ApiError, useLiveQuery, type UserError } from "../api";
import { ErrorAlert, UserErrorsAlert } from "../components/alert";
import { EmptyState } from "../components/empty-state";
import { ChoiceField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { Skeleton } from "../components/skeleton";
import { useToast } from "../components/toasts";
import { countryOptions } from "../format/countries";
import { bankAccountOf, stripeAccountOf } from "../format/payout-account";
import { PayoutAccountPageDocument, type PayoutAccountPageQuery, type PayoutAccountStatus } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useUrlState } from "../hooks/url-state";
import { useCanManageCommissions, useSession } from "../sign-in/session";
import { useAccountChange } from "./account-change";
import { AccountDetails } from "./account-details";
import { BankAccountSection } from "./bank-account-section";
import { CheckAccountButton, rememberAway } from "./check-account";
import { EndPayoutAccountDialog } from "./end-account-dialog";
import { PartnerSelect, usePartnerId } from "./partner-layout";
import css from "./details.module.css";

type Partner = NonNullable<PayoutAccountPageQuery["partner"]>;

/** The roles of users who may change the payout account of their partner. */
const ACCOUNT_ROLES: readonly string[] = ["OWNER", "FINANCE"];

/** Whether the viewer may change the account: finance and admins of the tenant, owners and finance users of the partner. */
function useCanChange(partner: Partner | null | undefined): boolean {
  const { viewer } = useSession();
  const isFinance = useCanManageCommissions();
  if (viewer.kind === "STAFF") return isFinance;
  const isOwn = ({ userId, role, isActive }: Partner["users"][number]) =>
    userId === viewer.userId && isActive && ACCOUNT_ROLES.includes(role);
  return partner?.users.some(isOwn) ?? false;
}

const SENTENCES: Partial<Readonly<Record<PayoutAccountStatus, string>>> = {
  INCOMPLETE: t`Stripe needs more details before you can be paid. If you have just given them, Stripe may still be checking them; this page updates itself.`,
  READY: t`Your account is ready: payouts can be sent to it.`,
  RESTRICTED: t`Stripe does not let money be sent to your account at the moment. Open Stripe’s page to see what it needs.`,
  ENDED: t`This account is ended. Another one can be opened.`,
};

/** How often the page asks for the status: often while the partner may come back from Stripe. */
const secondsOf = (data: PayoutAccountPageQuery | undefined) =>
  data?.partner?.payoutAccounts.some(({ rail, status }) => rail === "STRIPE" && status !== "READY") ? 10 : 60;

/** The account at Stripe that a partner is paid to, which the partner completes on a page of Stripe. */
export function PayoutAccountPage() {
  useDocumentTitle(t`Payout account`);
  const partnerId = usePartnerId();
  const { params } = useUrlState();
  const { data, error, refetch, asOf } = useLiveQuery(PayoutAccountPageDocument, { partnerId }, secondsOf);
  const { onViewerChange } = useSession();
  const viewer = data?.viewer;
  useEffect(() => {
    // The other pages say what is missing.
    if (viewer) onViewerChange(viewer);
  }, [viewer, onViewerChange]);
  const partner = data?.partner;
  const canChange = useCanChange(partner);
  const [isEnding, setIsEnding] = useState(false);
  const showToast = useToast();
  const account = partner && stripeAccountOf(partner.payoutAccounts);
  const rails = viewer?.tenant.payoutRails ?? [];
  // Until it is known, the section with its placeholder.
  const hasStripe = !data || !partner || rails.includes("STRIPE") || account !== undefined || params.has("onboarding");
  const isExpired = params.get("onboarding") === "expired";
  return (
    <>
      <PageHeader
        title={t`Payout account`}
        lead={t`Where your payouts are sent to`}
        asOf={asOf}
        actions={<PartnerSelect />}
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !partner) && hasStripe && (
        <Section
          title={t`Account at Stripe`}
          actions={
            account &&
            canChange && (
              <>
                {account.status !== "READY" && <CheckAccountButton partnerId={partnerId} onChecked={refetch} />}
                <button className="button" type="button" onClick={() => setIsEnding(true)}>
                  <Trans>End payout account…</Trans>
                </button>
              </>
            )
          }
        >
          {data && !partner && <EmptyState><Trans>Partner not found.</Trans></EmptyState>}
          {!data && <Skeleton width="long" />}
          {partner && (
            <div className="stack">
              {isExpired && account?.status !== "READY" && (
                <p className={css.highlight} role="status">
                  <Trans>The page of Stripe was opened before, or it was too late to open it. Open another one.</Trans>
                </p>
              )}
              <p>{account ? SENTENCES[account.status] : t`You have no account at Stripe yet.`}</p>
              {account && <AccountDetails account={account} />}
              <Onboarding partner={partner} canChange={canChange} />
            </div>
          )}
        </Section>
      )}
      {partner && (
        <BankAccountSection
          partnerId={partnerId}
          country={partner.legal?.country}
          account={bankAccountOf(partner.payoutAccounts)}
          canChange={canChange}
          onChange={refetch}
        />
      )}
      {isEnding && account && (
        <EndPayoutAccountDialog
          partnerId={partnerId}
          account={account}
          onClose={() => setIsEnding(false)}
          onSuccess={(message) => {
            setIsEnding(false);
            showToast(message);
            refetch();
          }}
        />
      )}
    </>
  );
}

/** Opens the page of Stripe in the same tab, and an account before if there is none. */
function Onboarding({ partner, canChange }: { readonly partner: Partner; readonly canChange: boolean }) {
  const { start } = useAccountChange(partner.id);
  const [isOpening, setIsOpening] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [userErrors, setUserErrors] = useState<readonly UserError[]>([]);
  const account = stripeAccountOf(partner.payoutAccounts);
  if (!canChange) {
    return <p className="muted"><Trans>Owners and finance users of the partner open and complete the account.</Trans></p>;
  }
  if (account?.status === "READY" && account.requirements.length === 0) return null;
  const open = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isOpening) return;
    const country = new FormData(event.currentTarget).get("country");
    setIsOpening(true);
    const result = await start(typeof country === "string" ? country : null);
    const url = "payload" in result ? result.payload.url : null;
    if (url) {
      rememberAway(partner.id);
      return window.location.assign(url);
    }
    setIsOpening(false);
    setError("error" in result ? result.error : null);
    if (!("payload" in result)) return;
    setUserErrors(result.userErrors);
  };
  const isCountry = error?.field === "country";
  return (
    <form className="stack" noValidate onSubmit={(event) => void open(event)} aria-busy={isOpening}>
      {!account && (
        <ChoiceField
          label={t`Country of your business`}
          name="country"
          defaultValue={partner.legal?.country ?? ""}
          options={[{ value: "", label: t`Choose…` }, ...countryOptions()]}
          hint={t`It cannot be changed later.`}
          error={isCountry ? error.message : null}
        />
      )}
      {error && !isCountry && <ErrorAlert error={error} />}
      <UserErrorsAlert errors={userErrors} />
      <div className="buttons">
        <button className="button-primary" type="submit" aria-disabled={isOpening}>
          {isOpening ? t`One moment…` : account ? t`Continue at Stripe` : t`Open an account at Stripe`}
        </button>
      </div>
      <p className="muted"><Trans>Stripe’s page asks for your details and your bank account, and brings you back here.</Trans></p>
    </form>
  );
}

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { lazy, Suspense } from "react";
import { Navigate, Route, Routes } from "react-router";
import { ErrorBoundary, ErrorFallback } from "./components/error-boundary";
import { Layout } from "./components/layout";
import { NotFound } from "./components/not-found";
import { PageHeader } from "./components/page-header";
import { isolated } from "./format/isolation";
import { useDocumentTitle } from "./hooks/document-title";
import { CommissionsPage } from "./partners/commissions-page";
import { ManagedAccountsPage } from "./partners/managed-accounts-page";
import { NotificationsPage } from "./partners/notifications-page";
import { PartnerLayout } from "./partners/partner-layout";
import { PayoutAccountPage } from "./partners/payout-account-page";
import { PayoutHistoryPage } from "./partners/payout-history-page";
import { ReferralsPage } from "./partners/referrals-page";
import { RevenuePage } from "./partners/revenue-page";
import { StatementsPage } from "./partners/statements-page";
import { TermsPage } from "./partners/terms-page";
import { RequireSession } from "./sign-in/require-session";
import { useSession } from "./sign-in/session";

// A separate chunk, which partners never load.
const StaffRoutes = lazy(() => import("./staff/staff-routes").catch(() => ({ default: ErrorFallback })));

/** The portal: the sign-in form, and behind it the pages of partners and staff. */
export function App() {
  return (
    <RequireSession>
      <Layout>
        <ErrorBoundary>
          <Suspense fallback={<p className="page-message"><Trans>Loading…</Trans></p>}>
            <Routes>
              <Route path="/" element={<Home />} />
              <Route path="/sign-in" element={<Home />} />
              <Route path="/partners" element={<PartnerLayout />}>
                <Route index element={<Navigate to="revenue" replace />} />
                <Route path="revenue" element={<RevenuePage />} />
                <Route path="commissions" element={<CommissionsPage />} />
                <Route path="payouts" element={<PayoutHistoryPage />} />
                <Route path="payout-account" element={<PayoutAccountPage />} />
                <Route path="statements" element={<StatementsPage />} />
                <Route path="referrals" element={<ReferralsPage />} />
                <Route path="accounts" element={<ManagedAccountsPage />} />
                <Route path="terms" element={<TermsPage />} />
                <Route path="notifications" element={<NotificationsPage />} />
              </Route>
              <Route path="/staff/*" element={<RequireStaff />} />
              <Route path="*" element={<NotFound />} />
            </Routes>
          </Suspense>
        </ErrorBoundary>
      </Layout>
    </RequireSession>
  );
}

function Home() {
  const { viewer } = useSession();
  return <Navigate to={viewer.kind === "STAFF" ? "/staff/overview" : "/partners/revenue"} replace />;
}

function RequireStaff() {
  const { viewer } = useSession();
  return viewer.kind === "STAFF" ? <StaffRoutes /> : <StaffOnly />;
}

function StaffOnly() {
  useDocumentTitle(t`Staff only`);
  const { viewer } = useSession();
  return <PageHeader title={t`Staff only`} lead={t`These pages are for staff. You are signed in as ${isolated(viewer.userId)}.`} />;
}

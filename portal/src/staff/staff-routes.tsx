import { Route, Routes } from "react-router";
import { NotFound } from "../components/not-found";
import { AccountsPage } from "./accounts-page";
import { AuditPage } from "./audit-page";
import { CommissionsPage } from "./commissions-page";
import { InboxPage } from "./inbox-page";
import { InvoicesPage } from "./invoices-page";
import { JobsPage } from "./jobs-page";
import { LeadsPage } from "./leads-page";
import { MailsPage } from "./mails-page";
import { OverviewPage } from "./overview-page";
import { PartnerPage } from "./partner-page";
import { PartnersPage } from "./partners-page";
import { PaymentFilePage } from "./payment-file-page";
import { PaymentFilesPage } from "./payment-files-page";
import { PayoutsPage } from "./payouts-page";
import { ReconciliationPage } from "./reconciliation-page";
import { ServiceTokensPage } from "./service-tokens-page";
import { SettingsPage } from "./settings-page";
import { StatementsPage } from "./statements-page";
import { WebhookPage } from "./webhook-page";
import { WebhooksPage } from "./webhooks-page";
import { WorkQueuePage } from "./work-queue-page";

/** The pages of staff, relative to `/staff`. */
export default function StaffRoutes() {
  return (
    <Routes>
      <Route index element={<WorkQueuePage />} />
      <Route path="commissions" element={<CommissionsPage />} />
      <Route path="overview" element={<OverviewPage />} />
      <Route path="payouts" element={<PayoutsPage />} />
      <Route path="payouts/files" element={<PaymentFilesPage />} />
      <Route path="payouts/files/:id" element={<PaymentFilePage />} />
      <Route path="statements" element={<StatementsPage />} />
      <Route path="invoices" element={<InvoicesPage />} />
      <Route path="partners" element={<PartnersPage />} />
      <Route path="partners/:id" element={<PartnerPage />} />
      <Route path="accounts" element={<AccountsPage />} />
      <Route path="leads" element={<LeadsPage />} />
      <Route path="settings" element={<SettingsPage />} />
      <Route path="settings/tokens" element={<ServiceTokensPage />} />
      <Route path="settings/webhooks" element={<WebhooksPage />} />
      <Route path="settings/webhooks/:id" element={<WebhookPage />} />
      <Route path="settings/inbox" element={<InboxPage />} />
      <Route path="settings/jobs" element={<JobsPage />} />
      <Route path="settings/mails" element={<MailsPage />} />
      <Route path="reconciliation" element={<ReconciliationPage />} />
      <Route path="audit" element={<AuditPage />} />
      <Route path="*" element={<NotFound />} />
    </Routes>
  );
}

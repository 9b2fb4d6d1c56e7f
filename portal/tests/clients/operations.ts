// The operations of the portal, each as the user who runs it: a lead, invoices, their approval, the payouts and the
// results.

import { randomUUID } from "node:crypto";

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";

import * as portal from "../../src/gql/graphql";
import { check, createCommissions, daysAgo, persistedDocuments, tokens, url } from "./support";

const untested = new Set(Object.values(persistedDocuments).map((text) => text.match(/\w+ (\w+)/)![1]!));

/** Sends an operation, and returns its name and its answer. */
async function send<Data, Variables>(token: string, document: TypedDocumentNode<Data, Variables>, variables: Variables) {
  const query = print(document);
  const name = query.match(/\w+ (\w+)/)![1]!;
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
  const userErrors = Object.values((data ?? {}) as Record<string, any>).flatMap((field) => field?.userErrors ?? []);
  untested.delete(name);
  return { name, data, errors, userErrors };
}

/** Runs an operation, and checks that it has neither errors nor user errors. */
async function run<Data, Variables>(token: string, document: TypedDocumentNode<Data, Variables>, variables: Variables) {
  const { name, data, errors, userErrors } = await send(token, document, variables);
  check(name, [errors, userErrors], [undefined, []]);
  return data;
}

/** Runs an operation, and checks that it is valid, and rejected with a user error. */
async function expectRejected<Data, Variables>(token: string, document: TypedDocumentNode<Data, Variables>, variables: Variables) {
  const { name, errors, userErrors } = await send(token, document, variables);
  check(`${name} is rejected`, [errors, userErrors.length], [undefined, 1]);
}

const { partner, admin } = tokens;
// Old enough to be past the hold, and in a currency that no other partner is paid in.
const days = 400;
const currency = "NZD";
const { partnerId, customerId, events } = await createCommissions(4, days, currency);
const [cancelled = "", ...others] = events;
const period = { periodStart: daysAgo(days + 1), periodEnd: daysAgo(days), currency };

// The partner
await run(partner, portal.PartnerContextDocument, {});
await run(partner, portal.RevenuePageDocument, { partnerId, currency, filter: { customerId } });
const changed = { changedFrom: daysAgo(1) };
await run(partner, portal.RevenuePageDocument, {
  partnerId,
  months: 36,
  wasHereBefore: true,
  changedEvents: changed,
  changedPayouts: changed,
});
await run(partner, portal.PartnerTermsPageDocument, { partnerId });
await run(partner, portal.CommissionEventsTableDocument, {
  partnerId,
  filter: { status: ["PENDING"] },
  orderBy: { field: "COMMISSION_AMOUNT", direction: "DESC" },
  first: null,
  last: 5,
});
await run(partner, portal.ManagedAccountsPageDocument, { partnerId, filter: { isActive: true } });
const lead = { partnerId, contactName: "Ada", contactEmail: "ada@example.com", notes: "Met at the fair" };
await run(partner, portal.SubmitReferralLeadDocument, { input: lead });
await run(partner, portal.ReferralsPageDocument, { partnerId, filter: { status: ["NEW"] } });

// Finance
const { auditEntries } = await run(admin, portal.AuditPageDocument, { filter: { partnerId } });
check("the trail has the partner's first entry", auditEntries.nodes.at(-1)?.act, "createPartner");
await run(admin, portal.StaffPartnersDocument, { filter: { status: "ACTIVE" } });
await run(admin, portal.WorkQueueDocument, {});
await run(admin, portal.StaffPayoutsDocument, { filter: { status: ["COMPLETED"] } });
await run(admin, portal.CancelCommissionEventsDocument, { input: { ids: [cancelled], reason: "a test" } });
await run(admin, portal.ApproveCommissionEventsDocument, { input: { ids: others.slice(1) } });
const pendingFilter = { partnerId, currency, eventDateFrom: period.periodStart, eventDateTo: period.periodEnd };
const pending = await run(admin, portal.ApprovePendingCommissionEventsDocument, { input: pendingFilter });
check("approves the rest", pending.approvePendingCommissionEvents?.approvedCount, 1);
const approvals = await run(admin, portal.LatestApprovalsDocument, { filter: { status: ["APPROVED"], partnerId, currency } });
check("the latest approval has its time", approvals.commissionEvents.nodes[0]?.history.at(-1)?.to, "APPROVED");

const preview = await run(admin, portal.PreviewPayoutsDocument, { input: { ...period, dryRun: true } });
const payoutRun = await run(admin, portal.RunPayoutsDocument, { input: { ...period, idempotencyKey: randomUUID() } });
check("a run creates what its preview showed", payoutRun.runPayouts?.totals, preview.runPayouts?.totals);
await run(admin, portal.CancelPayoutDocument, { input: { id: payoutRun.runPayouts!.payouts![0]!.id, reason: "a test" } });

const batch = async () => {
  const { createPayoutBatch } = await run(admin, portal.CreatePayoutBatchDocument, { input: { partnerId, ...period } });
  return createPayoutBatch!.payout!.id;
};
await run(admin, portal.FailPayoutDocument, { input: { id: await batch(), reason: "a test" } });
// No Stripe is connected: nothing is sent, and there is no attempt.
const { viewer: ofStripe } = await run(admin, portal.StripeStateDocument, {});
check("no Stripe is connected", ofStripe.tenant.stripe, null);
const unsent = await batch();
const { sendPayouts } = await run(admin, portal.SendPayoutsDocument, { input: { ids: [unsent] } });
check("a payout is skipped", sendPayouts?.skipped?.map(({ code }) => code), ["RAIL_NOT_CONNECTED"]);
const nothing = { id: randomUUID(), reason: "a test" };
await expectRejected(admin, portal.WithdrawPayoutAttemptDocument, { input: nothing });
await expectRejected(admin, portal.ResolvePayoutAttemptDocument, { input: { ...nothing, outcome: "NOT_MOVED" } });
await expectRejected(admin, portal.RecallPayoutDocument, { input: { id: unsent, reason: "a test" } });
await expectRejected(admin, portal.DismissPayoutAttentionDocument, { input: { id: unsent, reason: "a test" } });
await run(admin, portal.CancelPayoutDocument, { input: { id: unsent, reason: "a test" } });
const { partner: unpaid } = await run(partner, portal.PayoutAccountPageDocument, { partnerId });
check("the partner has no payout account", unpaid?.payoutAccounts, []);
await expectRejected(partner, portal.StartStripeOnboardingDocument, { input: { partnerId, country: "DE" } });
await expectRejected(partner, portal.LinkStripeAccountDocument, { input: { partnerId, account: "acct_1AbC" } });
await expectRejected(partner, portal.EndPayoutAccountDocument, { input: { id: randomUUID() } });
// Stripe itself would be asked about a key: this one is rejected before.
const { name: connecting, errors } = await send(admin, portal.ConnectStripeDocument, { input: { apiKey: "key", webhookSecrets: [] } });
check(`${connecting} rejects what is no key`, JSON.stringify(errors).includes("BAD_USER_INPUT"), true);

await expectRejected(admin, portal.UpdateStripeBillingDocument, { input: { takesInvoices: true } });
await run(admin, portal.InboxEventsDocument, { filter: { status: ["DEAD"], eventType: "invoice.paid" } });
await expectRejected(admin, portal.ReplayInboxEventsDocument, { input: { ids: [randomUUID()] } });

// Bank accounts and payment files
const bank = { partnerId, holder: "Ada", iban: "DE89370400440532013000" };
const { setBankAccount } = await run(partner, portal.SetBankAccountDocument, { input: bank });
check("a bank account is masked", setBankAccount?.payoutAccount?.destination, "…3000");
const bankAccountId = setBankAccount!.payoutAccount!.id;
const confirmed = await run(admin, portal.ConfirmBankAccountDocument, { input: { id: bankAccountId, number: bank.iban } });
check("another user confirms it", confirmed.confirmBankAccount?.payoutAccount?.status, "READY");
await run(partner, portal.EndPayoutAccountDocument, { input: { id: bankAccountId } });
await run(admin, portal.SetPayingAccountDocument, { input: { holder: "Demo", iban: "DE02120300000000202051" } });
const { viewer: payer } = await run(admin, portal.PayingAccountDocument, {});
check("the paying account is masked", payer.tenant.payingAccount?.iban, "…2051");
await run(admin, portal.PaymentFilesDocument, { filter: { hasOpenPayouts: true } });
await run(admin, portal.PaymentFilePageDocument, { id: randomUUID() });
const executionDate = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
const ordered = { payoutIds: [unsent], executionDate, format: "CSV" as const, idempotencyKey: randomUUID() };
await expectRejected(admin, portal.CreatePaymentFileDocument, { input: ordered });
await expectRejected(admin, portal.SettlePaymentFileDocument, { input: { id: randomUUID(), reference: "BOOKING-1" } });
await expectRejected(admin, portal.WithdrawPaymentFileDocument, { input: nothing });

const returned = await batch();
await run(admin, portal.CompletePayoutDocument, { input: { id: returned, paymentReference: "WIRE-0" } });
await run(admin, portal.ReturnPayoutDocument, { input: { id: returned, reason: "a test" } });
const id = await batch();
await run(admin, portal.StartPayoutDocument, { input: { id } });
await run(admin, portal.CompletePayoutDocument, { input: { id, paymentReference: "WIRE-1" } });

// The results
const { payout } = await run(partner, portal.PayoutDetailDocument, { id });
check("the payout has its lines", payout?.commissionEvents.nodes.map(({ id }) => id), others);
await run(partner, portal.PayoutHistoryDocument, { partnerId, orderBy: { field: "TOTAL_AMOUNT", direction: "ASC" } });
const { commissionEvent } = await run(partner, portal.CommissionEventDetailDocument, { id: others[0]! });
check("the history has every status", commissionEvent?.history.map(({ to }) => to), [
  "PENDING", "APPROVED", "PAID", "APPROVED", "PAID", "APPROVED", "PAID", "APPROVED", "PAID", "APPROVED", "PAID",
]);
await run(admin, portal.ReconciliationDocument, {});

// Invoices without commission
const invoice = { invoiceId: randomUUID(), customerId: `unassigned-${randomUUID()}`, paidAt: daysAgo(days) };
const data = { ...invoice, totalAmount: { amount: "10.00", currency } };
const record = "mutation ($input: RecordInvoicePaidInput!) { recordInvoicePaid(input: $input) { outcome } }";
const authorization = `Bearer ${tokens.billing}`;
const body = JSON.stringify({ query: record, variables: { input: data } });
await fetch(url, { method: "POST", headers: { "content-type": "application/json", authorization }, body });
const filter = { customerId: invoice.customerId, outcome: ["NO_MANAGED_ACCOUNT" as const] };
const { invoices } = await run(admin, portal.InvoicesWithoutCommissionDocument, { filter });
check("an invoice that earned nothing is listed", invoices.nodes.map(({ invoiceId }) => invoiceId), [invoice.invoiceId]);
const assignment = { partnerId, customerId: invoice.customerId, startsAt: invoice.paidAt };
await run(admin, portal.AssignManagedAccountDocument, { input: assignment });
const selection = { customerId: invoice.customerId };
const dryRun = await run(admin, portal.ReassessInvoicesDocument, { input: { ...selection, dryRun: true } });
const { reassessInvoices } = await run(admin, portal.ReassessInvoicesDocument, { input: selection });
check("it earns after its customer was assigned", reassessInvoices?.earningCount, 1);
check("a dry run shows what it earns", dryRun.reassessInvoices?.totals, reassessInvoices?.totals);

// Partners, users, accounts, leads and settings
const { createPartner } = await run(admin, portal.CreatePartnerDocument, {
  input: { companyName: `New ${randomUUID()}`, defaultCommissionRate: "0.1250", payoutCurrency: currency },
});
const created = createPartner!.partner!.id;
await run(admin, portal.UpdatePartnerDocument, { input: { id: created, tier: "GOLD" } });
const { addPartnerUser } = await run(admin, portal.AddPartnerUserDocument, {
  input: { partnerId: created, userId: randomUUID(), email: "new@example.com", role: "OWNER" },
});
await run(admin, portal.DeactivatePartnerUserDocument, { input: { id: addPartnerUser!.partnerUser!.id } });
const account = await run(admin, portal.AssignManagedAccountDocument, {
  input: { partnerId: created, customerId: randomUUID() },
});
const accountId = account.assignManagedAccount!.managedAccount!.id;
await run(admin, portal.UpdateManagedAccountDocument, { input: { id: accountId, customCommissionRate: "0.2000" } });
await run(admin, portal.EndManagedAccountDocument, { input: { id: accountId, endsAt: new Date().toISOString() } });
const adjustment = await run(admin, portal.RecordAdjustmentDocument, {
  input: { partnerId: created, amount: { amount: "5.00", currency }, reason: "a test", idempotencyKey: randomUUID() },
});
const ids = [adjustment.recordAdjustment!.commissionEvent!.id];
await run(admin, portal.HoldCommissionEventsDocument, { input: { ids, reason: "a test" } });
await run(admin, portal.ReleaseCommissionEventsDocument, { input: { ids, reason: "a test" } });
await run(admin, portal.ApproveCommissionEventsDocument, { input: { ids } });
await run(admin, portal.RevertApprovalDocument, { input: { ids, reason: "a test" } });
const { nodes } = await run(admin, portal.HistoriesDocument, { ids });
const latest = nodes.map((row) => (row && "history" in row ? row.history.at(-1)?.to : null));
check("the histories end with the reverted approval", latest, ["PENDING"]);
const { partner: staffView } = await run(admin, portal.PartnerPageDocument, { id: created });
check("the tier was changed", staffView?.tier, "GOLD");
const reference = { id, paymentReference: "WIRE-2", reason: "a typing error" };
await run(admin, portal.CorrectPaymentReferenceDocument, { input: reference });
const { referralLeads } = await run(admin, portal.StaffLeadsDocument, { filter: { partnerId } });
const leadId = referralLeads.nodes[0]!.id;
await run(admin, portal.AdvanceReferralLeadDocument, { input: { id: leadId, status: "CONTACTED" } });
const { referralLead } = await run(admin, portal.LeadDetailDocument, { id: leadId });
check("the lead has advanced", referralLead?.status, "CONTACTED");
const identity = { name: "Tester GmbH", addressLines: ["Ring 1", "1010 Wien"], country: "AT", vatId: null };
await run(admin, portal.UpdateTenantLegalDocument, { input: identity });
const legal = await run(admin, portal.UpdatePartnerLegalDocument, { input: { partnerId, ...identity } });
const own = await run(partner, portal.LegalIdentityDocument, { partnerId });
check("the partner sees its legal identity", own.partner?.legal, legal.updatePartnerLegal?.partner?.legal);
const issued = await run(admin, portal.IssueStatementsDocument, { input: { partnerId } });
const { statements } = await run(partner, portal.StatementsDocument, { filter: { partnerId, kind: "ACCOUNT" } });
const numbers = (nodes: readonly { readonly number: string }[]) => nodes.map(({ number }) => number).sort();
check("the account statements are listed", numbers(statements.nodes), numbers(issued.issueStatements?.statements ?? []));
// The work of staff
const { overview } = await run(admin, portal.OverviewDocument, {});
const { workQueue } = await run(admin, portal.WaitingCountsDocument, {});
check("the overview has what waits", overview.workQueue, workQueue);
await run(admin, portal.PartnerNameDocument, { id: partnerId });
await run(admin, portal.MatchingCommissionsDocument, { filter: { status: ["PENDING"], partnerId } });
await run(admin, portal.MatchingPayoutsDocument, { filter: { status: ["COMPLETED"], partnerId } });
const ofCommission = await run(admin, portal.InvoiceOfCommissionDocument, { id: others[0]! });
const corrected = ofCommission.commissionEvent!.invoice!;
const { node } = await run(admin, portal.InvoiceToCorrectDocument, { id: corrected.id });
check("an invoice is found by its id", node, corrected);
const correction = await run(admin, portal.CorrectInvoiceDocument, {
  input: {
    invoiceId: corrected.invoiceId,
    customerId: corrected.customerId,
    totalAmount: { amount: corrected.totalAmount.amount, currency },
    commissionableAmount: { amount: corrected.commissionableAmount.amount, currency },
    paidAt: corrected.paidAt,
    reason: "a test",
    idempotencyKey: randomUUID(),
  },
});
check("the same data changes nothing", correction.correctInvoice?.outcome, "ALREADY_RECORDED");
const erased = await run(admin, portal.ErasePersonDocument, { input: { referralLeadId: leadId, reason: "a test" } });
check("the lead was erased", erased.erasePerson?.referralLead?.contactName, "erased");
const serviceToken = await run(admin, portal.CreateServiceTokenDocument, {
  input: { name: "billing", idempotencyKey: randomUUID() },
});
check("the secret is shown", serviceToken.createServiceToken?.secret?.startsWith("rvs_"), true);
const tokenId = serviceToken.createServiceToken!.serviceToken!.id;
await run(admin, portal.RevokeServiceTokenDocument, { input: { id: tokenId } });
const { serviceTokens } = await run(admin, portal.ServiceTokensDocument, {});
check("the token is revoked", serviceTokens.find(({ id }) => id === tokenId)?.state, "REVOKED");

// Webhooks and background jobs
const webhookInput = { url: "http://127.0.0.1:9/", eventTypes: ["PARTNER_UPDATED" as const] };
const createdWebhook = await run(admin, portal.CreateWebhookEndpointDocument, { input: webhookInput });
check("the secret of the webhook is shown", createdWebhook.createWebhookEndpoint?.secret?.startsWith("whsec_"), true);
const endpointId = createdWebhook.createWebhookEndpoint!.endpoint!.id;
const described = { id: endpointId, description: "the ledger" };
await run(admin, portal.UpdateWebhookEndpointDocument, { input: described });
await run(admin, portal.RotateWebhookSecretDocument, { input: { id: endpointId, overlapHours: 1 } });
const tested = await run(admin, portal.TestWebhookEndpointDocument, { input: { id: endpointId } });
const { webhookDeliveries } = await run(admin, portal.WebhookDeliveriesDocument, { filter: { endpointId } });
const deliveryIds = webhookDeliveries.nodes.map(({ id }) => id);
check("the test is in the log", deliveryIds, [tested.testWebhookEndpoint?.delivery?.id]);
await run(admin, portal.ReplayWebhooksDocument, { input: { endpointId, since: daysAgo(1) } });
await run(admin, portal.DeleteWebhookEndpointDocument, { input: { id: endpointId } });
const { webhookEndpoints } = await run(admin, portal.WebhooksDocument, {});
check("the webhook is gone", webhookEndpoints.some(({ id }) => id === endpointId), false);
await run(admin, portal.BackgroundJobsDocument, {});
const retried = await run(admin, portal.RetryDeadJobsDocument, { input: { lane: "FAN_OUT" } });
check("no job is dead", retried.retryDeadJobs?.count, 0);

const { viewer } = await run(admin, portal.TenantSettingsDocument, {});
await run(admin, portal.UpdateTenantBrandingDocument, { input: { brandColor: viewer.tenant.brandColor } });
await run(admin, portal.UpdateTenantSettingsDocument, { input: { holdDays: viewer.tenant.holdDays } });

// Mails
const { mails } = await run(admin, portal.MailsDocument, { filter: { kind: ["PAYOUT_COMPLETED"] } });
check("the mails have their kind", [...new Set(mails.nodes.map(({ kind }) => kind))], ["PAYOUT_COMPLETED"]);
await run(partner, portal.NotificationPreferencesDocument, {});
const wanted = await run(partner, portal.UpdateNotificationPreferencesDocument, {
  input: { preferences: [{ kind: "MONTHLY_DIGEST", isWanted: true }] },
});
check("every kind has a preference", wanted.updateNotificationPreferences?.notificationPreferences?.length, 4);

// Search, lists of staff and saved views
const { search } = await run(admin, portal.SearchDocument, { text: customerId.toUpperCase() });
check("a search finds the customer first", search[0]?.text, customerId);
const found = await run(admin, portal.StaffAccountsDocument, { filter: { search: customerId } });
check("the account is listed", found.managedAccounts.nodes.map((node) => node.customerId), [customerId]);
const listed = await run(admin, portal.StaffCommissionsDocument, {
  filter: { customerId, inPayout: true },
  orderBy: { field: "RECORDED_AT", direction: "ASC" },
});
check("the paid commissions are listed", listed.commissionEvents.totalCount, others.length);
const name = `View ${randomUUID()}`;
const saving = { list: "PAYOUTS" as const, name, filter: JSON.stringify({ referencePrefix: "WIRE-2" }), isShared: true };
const { createSavedView } = await run(admin, portal.CreateSavedViewDocument, { input: saving });
const viewId = createSavedView!.savedView!.id;
await run(admin, portal.UpdateSavedViewDocument, { input: { id: viewId, isShared: false } });
const { savedViews } = await run(admin, portal.SavedViewsDocument, { list: "PAYOUTS" });
check("the view is listed", savedViews.find((view) => view.id === viewId)?.name, name);
await run(admin, portal.DeleteSavedViewDocument, { input: { id: viewId } });

check("every operation was tested", [...untested], []);

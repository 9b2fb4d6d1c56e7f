// The operations of the portal, each as the user who runs it: a lead, invoices, their approval, the payouts and the
// results.

import { randomUUID } from "node:crypto";

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";

import * as portal from "../../src/gql/graphql";
import { check, createCommissions, daysAgo, persistedDocuments, tokens, url } from "./support";

const untested = new Set(Object.values(persistedDocuments).map((text) => text.match(/\w+ (\w+)/)![1]!));

/** Runs an operation, and checks that it has neither errors nor user errors. */
async function run<Data, Variables>(token: string, document: TypedDocumentNode<Data, Variables>, variables: Variables) {
  const query = print(document);
  const name = query.match(/\w+ (\w+)/)![1]!;
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
  const userErrors = Object.values((data ?? {}) as Record<string, any>).flatMap((field) => field?.userErrors ?? []);
  check(name, [errors, userErrors], [undefined, []]);
  untested.delete(name);
  return data;
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

const preview = await run(admin, portal.PreviewPayoutsDocument, { input: { ...period, dryRun: true } });
const payoutRun = await run(admin, portal.RunPayoutsDocument, { input: { ...period, idempotencyKey: randomUUID() } });
check("a run creates what its preview showed", payoutRun.runPayouts?.totals, preview.runPayouts?.totals);
await run(admin, portal.CancelPayoutDocument, { input: { id: payoutRun.runPayouts!.payouts![0]!.id, reason: "a test" } });

const batch = async () => {
  const { createPayoutBatch } = await run(admin, portal.CreatePayoutBatchDocument, { input: { partnerId, ...period } });
  return createPayoutBatch!.payout!.id;
};
await run(admin, portal.FailPayoutDocument, { input: { id: await batch(), reason: "a test" } });
const id = await batch();
await run(admin, portal.StartPayoutDocument, { input: { id } });
await run(admin, portal.CompletePayoutDocument, { input: { id, paymentReference: "WIRE-1" } });

// The results
const { payout } = await run(partner, portal.PayoutDetailDocument, { id });
check("the payout has its lines", payout?.commissionEvents.nodes.map(({ id }) => id), others);
await run(partner, portal.PayoutHistoryDocument, { partnerId, orderBy: { field: "TOTAL_AMOUNT", direction: "ASC" } });
const { commissionEvent } = await run(partner, portal.CommissionEventDetailDocument, { id: others[0]! });
check("the history has every status", commissionEvent?.history.map(({ to }) => to), [
  "PENDING", "APPROVED", "PAID", "APPROVED", "PAID", "APPROVED", "PAID",
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
const { viewer } = await run(admin, portal.TenantSettingsDocument, {});
await run(admin, portal.UpdateTenantSettingsDocument, { input: { holdDays: viewer.tenant.holdDays } });

check("every operation was tested", [...untested], []);

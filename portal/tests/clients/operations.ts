// The portal's own operations, each as the user who has it in front of them, through a month: a lead, invoices, their
// approval, the payouts and what becomes of them.

import { randomUUID } from "node:crypto";

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";

import * as portal from "../../src/gql/graphql";
import { ok, past, story, tokens, trusted, url } from "./support";

const unasked = new Set(Object.values(trusted).map((text) => text.match(/\w+ (\w+)/)![1]!));

/** Asks, or ends the test: neither errors nor refusals are expected. */
async function ask<Data, Variables>(token: string, document: TypedDocumentNode<Data, Variables>, variables: Variables) {
  const query = print(document);
  const name = query.match(/\w+ (\w+)/)![1]!;
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
  const refusals = Object.values((data ?? {}) as Record<string, any>).flatMap((field) => field?.userErrors ?? []);
  ok(name, [errors, refusals], [undefined, []]);
  unasked.delete(name);
  return data;
}

const { partner, admin } = tokens;
// Long past, so that no hold keeps them back, and in a currency that nobody else is paid in.
const days = 400;
const currency = "NZD";
const { partnerId, customerId, events } = await story(4, days, currency);
const [cancelled = "", ...others] = events;
const period = { periodStart: past(days + 1), periodEnd: past(days), currency };

// The partner
await ask(partner, portal.PartnerContextDocument, {});
await ask(partner, portal.RevenuePageDocument, { partnerId, currency, filter: { customerId } });
await ask(partner, portal.CommissionEventsTableDocument, {
  partnerId,
  filter: { status: ["PENDING"] },
  orderBy: { field: "COMMISSION_AMOUNT", direction: "DESC" },
  first: null,
  last: 5,
});
await ask(partner, portal.ManagedAccountsPageDocument, { partnerId, filter: { isActive: true } });
const lead = { partnerId, contactName: "Ada", contactEmail: "ada@example.com", notes: "Met at the fair" };
await ask(partner, portal.SubmitReferralLeadDocument, { input: lead });
await ask(partner, portal.ReferralsPageDocument, { partnerId, filter: { status: ["NEW"] } });

// Finance
await ask(admin, portal.StaffPartnersDocument, { filter: { status: "ACTIVE" } });
await ask(admin, portal.WorkQueueDocument, {});
await ask(admin, portal.StaffPayoutsDocument, { filter: { status: ["COMPLETED"] } });
await ask(admin, portal.CancelCommissionEventsDocument, { input: { ids: [cancelled], reason: "a test" } });
await ask(admin, portal.ApproveCommissionEventsDocument, { input: { ids: others.slice(1) } });
const rest = { partnerId, currency, eventDateFrom: period.periodStart, eventDateTo: period.periodEnd };
const pending = await ask(admin, portal.ApprovePendingCommissionEventsDocument, { input: rest });
ok("approves what is left", pending.approvePendingCommissionEvents.approvedCount, 1);

const preview = await ask(admin, portal.PreviewPayoutsDocument, period);
const run = await ask(admin, portal.RunPayoutsDocument, { input: { ...period, idempotencyKey: randomUUID() } });
ok("a run does what its preview said", run.runPayouts.totals, preview.runPayouts.totals);
await ask(admin, portal.CancelPayoutDocument, { input: { id: run.runPayouts.payouts![0]!.id, reason: "a test" } });

const batch = async () => {
  const { createPayoutBatch } = await ask(admin, portal.CreatePayoutBatchDocument, { input: { partnerId, ...period } });
  return createPayoutBatch.payout!.id;
};
await ask(admin, portal.FailPayoutDocument, { input: { id: await batch(), reason: "a test" } });
const id = await batch();
await ask(admin, portal.StartPayoutDocument, { input: { id } });
await ask(admin, portal.CompletePayoutDocument, { input: { id, paymentReference: "WIRE-1" } });

// What became of it
const { payout } = await ask(partner, portal.PayoutDetailDocument, { id });
ok("the payout has its lines", payout?.commissionEvents.nodes.map(({ id }) => id), others);
await ask(partner, portal.PayoutHistoryDocument, { partnerId, orderBy: { field: "TOTAL_AMOUNT", direction: "ASC" } });
const { commissionEvent } = await ask(partner, portal.CommissionEventDetailDocument, { id: others[0]! });
ok("its status came step by step", commissionEvent?.history.map(({ to }) => to), [
  "PENDING", "APPROVED", "PAID", "APPROVED", "PAID", "APPROVED", "PAID",
]);
await ask(admin, portal.ReconciliationDocument, {});

ok("no operation is left", [...unasked], []);

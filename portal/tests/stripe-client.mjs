// Uses the stand-in for Stripe's API with Stripe's own client, and checks its answers and events against the types of
// that client. Arguments: the origin of the stand-in, an API key, and the secret of its events. Prints the name of each
// act that is to happen at the stand-in, and continues with what it is told, a line of JSON.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

import Stripe from "stripe";
import ts from "typescript";

const [origin, key, secret] = process.argv.slice(2);
const { hostname, port } = new URL(origin);
const connect = (apiKey) =>
  new Stripe(apiKey, { host: hostname, port, protocol: "http", maxNetworkRetries: 0, telemetry: false });
const stripe = connect(key);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Lets something happen at the stand-in, and returns what the test tells about it. */
async function act(name) {
  console.log(name);
  return JSON.parse((await lines.next()).value);
}

const samples = [];

/** Has an object checked against a type of the client at the end. */
function typed(type, value) {
  samples.push({ type, value: JSON.parse(JSON.stringify(value)) });
  return value;
}

/** Checks that a call fails with an error of a class, and these fields. */
async function fails(call, type, fields) {
  const error = await call.then(
    () => assert.fail(`no ${type}`),
    (error) => error,
  );
  assert.equal(error.constructor.name, type, error.stack);
  for (const [name, value] of Object.entries(fields)) assert.equal(error[name], value, `${name}: ${error.stack}`);
  return error;
}

const received = [];
const receiver = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    received.push({ body: Buffer.concat(parts).toString(), signature: request.headers["stripe-signature"] });
    response.writeHead(200).end();
  });
});
await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
await act(`send events to http://127.0.0.1:${receiver.address().port}/`);

async function onboarding() {
  const platform = typed("Stripe.Account", await stripe.accounts.retrieveCurrent());
  assert.equal(platform.charges_enabled, true);
  const created = await stripe.accounts.create({
    controller: {
      fees: { payer: "application" },
      losses: { payments: "application" },
      stripe_dashboard: { type: "express" },
    },
    capabilities: { transfers: { requested: true } },
    country: "DE",
    email: "partner@example.com",
    metadata: { partner: "p-1" },
    tos_acceptance: { service_agreement: "recipient" },
  });
  typed("Stripe.Account", created);
  assert.equal(created.capabilities.transfers, "inactive");
  assert.equal(created.metadata.partner, "p-1");
  assert.equal(created.controller.stripe_dashboard.type, "express");
  assert.notEqual(created.requirements.currently_due.length, 0);
  const { id } = created;
  const transfer = { amount: 100, currency: "usd", destination: id };
  await fails(stripe.transfers.create(transfer), "StripeInvalidRequestError", {
    statusCode: 400,
    code: "insufficient_capabilities_for_transfer",
  });

  const urls = { refresh_url: "http://127.0.0.1/refresh", return_url: "http://127.0.0.1/return" };
  const link = await stripe.accountLinks.create({ account: id, type: "account_onboarding", ...urls });
  typed("Stripe.AccountLink", link);
  const page = await (await fetch(link.url)).text();
  assert.match(page, /<title>Stand-in for Stripe/);
  const press = () => {
    const body = new URLSearchParams({ outcome: "complete" });
    return fetch(link.url, { method: "POST", body, redirect: "manual" });
  };
  const pressed = await press();
  assert.deepEqual([pressed.status, pressed.headers.get("location")], [303, urls.return_url]);
  assert.equal((await press()).status, 404);
  const onboarded = typed("Stripe.Account", await stripe.accounts.retrieve(id));
  assert.equal(onboarded.capabilities.transfers, "active");
  assert.deepEqual(onboarded.requirements.currently_due, []);
  assert.equal(onboarded.details_submitted, true);
  return id;
}

async function transfers(destination) {
  const parameters = {
    amount: 15000,
    currency: "usd",
    destination,
    description: "Payout 1",
    metadata: { tenant: "acme", payout: "p-1" },
    transfer_group: "rvs_1",
  };
  const first = await stripe.transfers.create(parameters, { idempotencyKey: "rvs-1" });
  typed("Stripe.Transfer", first);
  assert.deepEqual({ ...first.metadata }, parameters.metadata);
  assert.match(first.lastResponse.requestId, /^req_/);
  assert.equal(first.lastResponse.apiVersion, Stripe.API_VERSION);
  const again = await stripe.transfers.create(parameters, { idempotencyKey: "rvs-1" });
  assert.equal(again.id, first.id);
  assert.equal(again.lastResponse.headers["idempotent-replayed"], "true");
  assert.equal(again.lastResponse.headers["original-request"], first.lastResponse.requestId);
  const other = stripe.transfers.create({ ...parameters, amount: 1 }, { idempotencyKey: "rvs-1" });
  await fails(other, "StripeIdempotencyError", { statusCode: 400 });
  const elsewhere = stripe.transfers.createReversal(first.id, {}, { idempotencyKey: "rvs-1" });
  await fails(elsewhere, "StripeIdempotencyError", { statusCode: 400 });

  for (let number = 0; number < 24; number += 1) {
    await stripe.transfers.create({ amount: 100 + number, currency: "eur", destination, transfer_group: "rvs_2" });
  }
  const group = await stripe.transfers.list({ transfer_group: "rvs_2", limit: 7 }).autoPagingToArray({ limit: 1000 });
  assert.deepEqual(group.map(({ amount }) => amount), [...Array(24).keys()].map((number) => 123 - number));
  const since = await stripe.transfers.list({ created: { gte: first.created }, destination, limit: 100 });
  assert.deepEqual([since.data.length, since.has_more], [25, false]);
  const paged = await stripe.transfers.list({ created: { gte: first.created }, destination, limit: 7 }).autoPagingToArray({ limit: 1000 });
  assert.deepEqual([paged.length, new Set(paged.map((transfer) => transfer.id)).size], [25, 25]);
  const later = await stripe.transfers.list({ created: { gte: first.created + 3600 } });
  assert.equal(later.data.length, 0);

  const reversal = typed("Stripe.TransferReversal", await stripe.transfers.createReversal(first.id, { amount: 5000 }));
  assert.equal(reversal.transfer, first.id);
  await fails(stripe.transfers.createReversal(first.id, { amount: 10001 }), "StripeInvalidRequestError", {
    statusCode: 400,
  });
  await stripe.transfers.createReversal(first.id);
  const reversed = typed("Stripe.Transfer", await stripe.transfers.retrieve(first.id));
  assert.deepEqual([reversed.amount_reversed, reversed.reversed], [15000, true]);
  const reversals = await stripe.transfers.listReversals(first.id).autoPagingToArray({ limit: 10 });
  assert.deepEqual(reversals.map(({ amount }) => amount), [10000, 5000]);
  await fails(stripe.transfers.createReversal(first.id), "StripeInvalidRequestError", { statusCode: 400 });
  const balance = typed("Stripe.Balance", await stripe.balance.retrieve());
  assert.equal(balance.livemode, false);
}

async function errors(destination) {
  const parameters = { amount: 100, currency: "usd", destination };
  const create = (changes, options) => stripe.transfers.create({ ...parameters, ...changes }, options);
  const invalid = "StripeInvalidRequestError";
  await fails(create({ destination: "acct_none" }), invalid, { code: "resource_missing", param: "destination" });
  await fails(create({ amount: 0 }), invalid, { code: "parameter_invalid_integer", param: "amount" });
  await fails(create({ amount: 1.5 }), invalid, { code: "parameter_invalid_integer", param: "amount" });
  await fails(create({ amount: 150, currency: "isk" }), invalid, { param: "amount" });
  await fails(create({ amount: 1235, currency: "kwd" }), invalid, { param: "amount" });
  await fails(create({ currency: "xyz" }), invalid, { param: "currency" });
  await fails(create({ metadata: { long: "x".repeat(501) } }), invalid, { param: "metadata" });
  await fails(create({ unknown: 1 }), invalid, { code: "parameter_unknown" });
  await fails(stripe.transfers.retrieve("tr_none"), invalid, { statusCode: 404, code: "resource_missing" });
  await fails(stripe.accounts.retrieve("acct_none"), "StripePermissionError", { code: "account_invalid" });
  await fails(connect("sk_test_none").balance.retrieve(), "StripeAuthenticationError", { statusCode: 401 });

  await act("empty the balance");
  await fails(create({}), invalid, { statusCode: 400, code: "balance_insufficient" });
  await act("fill the balance");
  await act("rate limit");
  await fails(create({}, { idempotencyKey: "limited" }), "StripeRateLimitError", { code: "rate_limit" });
  await create({}, { idempotencyKey: "limited" });
  await act("forbid");
  await fails(create({}), "StripePermissionError", { statusCode: 403 });
  await act("refuse like a card");
  await fails(create({}), "StripeCardError", { statusCode: 402, code: "card_declined" });
  await act("fail outside");
  await fails(create({}), "StripeAPIError", { statusCode: 424 });
  await act("fail after executing");
  for (const isReplayed of [undefined, "true"]) {
    const error = await fails(create({}, { idempotencyKey: "failed" }), "StripeAPIError", { statusCode: 500 });
    assert.equal(error.headers["idempotent-replayed"], isReplayed);
  }
  await act("hang");
  const slow = create({}, { idempotencyKey: "slow" });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const meanwhile = create({}, { idempotencyKey: "slow" });
  await fails(meanwhile, "StripeAPIError", { statusCode: 409, code: "idempotency_key_in_use" });
  assert.match((await slow).id, /^tr_/);
  // The client repeats a request whose connection was closed, once, with the same key.
  await act("break after executing, twice");
  await fails(create({}, { idempotencyKey: "broken" }), "StripeConnectionError", {});
  const found = await create({}, { idempotencyKey: "broken" });
  assert.equal(found.lastResponse.headers["idempotent-replayed"], "true");
}

async function billing() {
  const { invoice: id, refund, note, dispute } = await act("bill");
  const invoice = typed("Stripe.Invoice", await stripe.invoices.retrieve(id, { expand: ["payments"] }));
  assert.equal(invoice.payment_intent, undefined);
  assert.deepEqual([invoice.total, invoice.total_excluding_tax, invoice.amount_paid], [11900, 10000, 11900]);
  const intent = invoice.payments.data[0].payment.payment_intent;
  const payment = { type: "payment_intent", payment_intent: intent };
  const payments = await stripe.invoicePayments.list({ payment }).autoPagingToArray({ limit: 10 });
  assert.deepEqual(payments.map(({ invoice }) => invoice), [id]);
  typed("Stripe.InvoicePayment", payments[0]);
  const none = await stripe.invoicePayments.list({ payment: { ...payment, payment_intent: "pi_none" } });
  assert.deepEqual(none.data, []);
  const refunded = typed("Stripe.Refund", await stripe.refunds.retrieve(refund));
  assert.deepEqual([refunded.payment_intent, refunded.status], [intent, "succeeded"]);
  const charge = typed("Stripe.Charge", await stripe.charges.retrieve(refunded.charge));
  assert.equal(charge.payment_intent, intent);
  assert.equal(typed("Stripe.CreditNote", await stripe.creditNotes.retrieve(note)).out_of_band_amount, 500);
  assert.equal(typed("Stripe.Dispute", await stripe.disputes.retrieve(dispute)).charge, charge.id);
}

async function events(account) {
  await act("change the account");
  await act("deauthorize");
  await fails(stripe.accounts.retrieve(account), "StripePermissionError", { code: "account_invalid" });
  const wanted = await act("list the events");
  for (let tries = 0; received.length < wanted.length && tries < 100; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(received.length, wanted.length);
  const types = new Set();
  for (const { body, signature } of received) {
    const event = stripe.webhooks.constructEvent(body, signature, secret);
    if (!types.has(event.type)) typed("Stripe.Event", event);
    types.add(event.type);
    assert.deepEqual(JSON.parse(JSON.stringify(await stripe.events.retrieve(event.id))), JSON.parse(body));
    const isConnected = /^(account|capability|payout)\./.test(event.type);
    assert.equal(event.account, isConnected ? account : undefined);
    const constructed = () => stripe.webhooks.constructEvent(`${body} `, signature, secret);
    assert.throws(constructed, { type: "StripeSignatureVerificationError" });
  }
  assert.deepEqual([...types].sort(), [
    "account.application.deauthorized",
    "account.updated",
    "capability.updated",
    "charge.dispute.closed",
    "credit_note.created",
    "invoice.paid",
    "payout.failed",
    "payout.paid",
    "refund.created",
    "refund.updated",
    "transfer.created",
    "transfer.reversed",
  ]);
}

/** Compiles the samples as literals of their types, so that missing, unknown and wrong fields are errors. */
function checkTypes() {
  const name = new URL("stripe-samples.ts", import.meta.url).pathname;
  const literal = ({ type, value }, index) => `export const s${index}: ${type} = ${JSON.stringify(value)};`;
  // A sample a line, after the import.
  const source = ['import Stripe from "stripe";', ...samples.map(literal)].join("\n");
  const options = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: ["node"],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile, readFile } = host;
  host.fileExists = (path) => path === name || fileExists.call(host, path);
  host.readFile = (path) => (path === name ? source : readFile.call(host, path));
  host.getSourceFile = (path, ...rest) =>
    path === name ? ts.createSourceFile(path, source, options.target) : getSourceFile.call(host, path, ...rest);
  const program = ts.createProgram([name], options, host);
  const problems = ts.getPreEmitDiagnostics(program).map((problem) => {
    const isOfSample = problem.file?.fileName === name;
    const line = isOfSample ? ts.getLineAndCharacterOfPosition(problem.file, problem.start).line : 0;
    return `${samples[line - 1]?.type}: ${ts.flattenDiagnosticMessageText(problem.messageText, "\n")}`;
  });
  assert.deepEqual(problems, []);
}

const account = await onboarding();
await transfers(account);
await errors(account);
await billing();
await events(account);
checkTypes();
receiver.close();
await act("end");
process.exit(0);

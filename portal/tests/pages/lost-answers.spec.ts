// Acts whose answer is lost: the server has done them, and the portal asks again.

import type { Page } from "@playwright/test";

import { approveAndPay, createPartner, expect, mutate, type Partner, recordInvoice, request, signIn, test } from "./support";

/** Records invoices of 10.00 USD. Returns the ids of their commission events. */
const recordInvoices = (partner: Partner, count: number): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => recordInvoice(partner, "10.00", 3)));

/** Lets the server do an operation, and loses its answer, once. */
async function loseAnswer(page: Page, operation: string, isDone = true): Promise<void> {
  let isLost = false;
  await page.route("**/graphql", async (route) => {
    if (isLost || !route.request().postData()?.includes(`"operationName":"${operation}"`)) return route.fallback();
    isLost = true;
    if (isDone) await route.fetch();
    await route.abort();
  });
}

/** Selects 102 commissions of a new partner, more than one request changes, and opens the dialog that holds them back. */
async function selectTwoBatches(page: Page): Promise<Partner> {
  const partner = await createPartner();
  await recordInvoices(partner, 102);
  await signIn(page, "fiona", "finance", `/staff?partnerId=${partner.id}`);
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: "Select all 102 that match" }).click();
  await page.getByRole("button", { name: "Hold back selected" }).click();
  return partner;
}

test.afterEach(({ monitor }) => {
  expect(monitor.problems.splice(0).filter((problem) => !problem.includes("ERR_FAILED"))).toEqual([]);
});

test("what a batch has changed counts as done, once", async ({ page }) => {
  const partner = await selectTwoBatches(page);
  await loseAnswer(page, "HoldCommissionEvents");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("to be\nchecked");
  await dialog.getByRole("button", { name: "Hold back" }).click();
  await expect(dialog).toContainText("102 commissions held back.");
  await expect(dialog.getByRole("heading", { name: "Done", exact: true })).toBeVisible();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await expect(page.getByTestId("queued-commission").first()).toContainText("held back");
  const query = `query ($filter: CommissionEventFilter) { commissionEvents(filter: $filter, first: 100) { nodes { history { kind } } } }`;
  const { commissionEvents } = await request(query, { filter: { partnerId: partner.id } });
  for (const { history } of commissionEvents.nodes) expect(history).toEqual([{ kind: "STATUS" }, { kind: "HOLD" }]);
});

test("an approval of selected commissions is reported as done, and can be undone", async ({ page }) => {
  const partner = await createPartner();
  await recordInvoices(partner, 2);
  await signIn(page, "fiona", "finance", `/staff?partnerId=${partner.id}`);
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: /^Approve 2 selected/ }).click();
  await loseAnswer(page, "ApproveCommissionEvents");
  await page.getByRole("dialog").getByRole("button", { name: "Approve", exact: true }).click();
  await expect(page.getByRole("status")).toContainText("Approved 2 commissions: $3.00.");
  await expect(page.getByText("No commissions are waiting for approval.")).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("status")).toContainText("The approval of 2 commissions was undone.");
});

test("what a colleague has changed meanwhile does not count as done", async ({ page }) => {
  const partner = await createPartner();
  const [other] = await recordInvoices(partner, 2);
  await signIn(page, "fiona", "finance", `/staff?partnerId=${partner.id}`);
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: /^Approve 2 selected/ }).click();
  await loseAnswer(page, "ApproveCommissionEvents", false);
  await mutate("approveCommissionEvents", { ids: [other] }, "commissionEvents { id }");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(dialog.getByRole("alert")).toContainText("It is no longer selected.");
  await dialog.getByRole("button", { name: "Approve the other 1" }).click();
  await expect(page.getByRole("status")).toContainText("Approved 1 commission: $1.50.");
});

test("payouts are marked as sent, and completed, although an answer is lost", async ({ page }) => {
  const partners = [await createPartner("RON"), await createPartner("RON")];
  for (const partner of partners) await approveAndPay(partner, [await recordInvoice(partner, "200.00", 4, "RON")]);
  await signIn(page, "fiona", "finance", "/staff/payouts?status=OPEN&currency=RON");
  const dialog = page.getByRole("dialog");
  for (const [operation, open, confirm, result] of [
    ["StartPayout", "Mark selected as sent…", "Mark as sent", "2 payouts marked as sent."],
    ["CompletePayout", "Complete selected…", "Complete", "2 payouts completed."],
  ] as const) {
    await expect(page.getByTestId("payout-row")).toHaveCount(2);
    await page.getByLabel("Select all on this page").check();
    await page.getByRole("button", { name: open }).click();
    await loseAnswer(page, operation);
    if (operation === "CompletePayout") await dialog.getByLabel("Payment reference").fill("LOST-1");
    await dialog.getByRole("button", { name: confirm, exact: true }).click();
    await expect(dialog).toContainText(result);
    await dialog.getByRole("button", { name: "Close" }).last().click();
  }
});

test("a partner is created once, although the answer is lost", async ({ page }) => {
  await signIn(page, "sue", "support", "/staff/partners");
  await page.getByRole("button", { name: "New partner…" }).click();
  const dialog = page.getByRole("dialog");
  const name = `Lost ${crypto.randomUUID().slice(-8)}`;
  await dialog.getByLabel("Company").fill(name);
  await loseAnswer(page, "CreatePartner");
  await dialog.getByRole("button", { name: "Create partner" }).click();
  await expect(page.getByRole("heading", { name })).toBeVisible();
  const { partners } = await request("query ($filter: PartnerFilter) { partners(filter: $filter) { totalCount } }", { filter: { search: name } });
  expect(partners.totalCount).toBe(1);
});

test("if the server does not come back, it is said what is not known", async ({ page }) => {
  await selectTwoBatches(page);
  let requests = 0;
  await page.route("**/graphql", (route) => {
    if (!route.request().postData()?.includes('"operationName":"HoldCommissionEvents"')) return route.fallback();
    requests += 1;
    return requests === 1 ? route.fallback() : route.abort();
  });
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("to be checked");
  await dialog.getByRole("button", { name: "Hold back" }).click();
  await expect(dialog).toContainText("100 commissions held back, 2 without an answer.");
  await expect(dialog).toContainText("The list shows whether those without an answer were changed.");
});

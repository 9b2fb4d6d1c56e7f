import { act, ask, card, demandAccessible, expect, paid, partner, payout, signIn, type Story, test } from "./support";

/** Chooses one partner in the list of the page. */
async function choose(page: import("@playwright/test").Page, { name }: Story) {
  const { partners } = await ask("query ($search: String) { partners(filter: { search: $search }) { nodes { partnerNumber } } }", { search: name });
  const option = `${name} (${partners.nodes[0].partnerNumber})`;
  await page.getByRole("combobox", { name: "Partner", exact: true }).pressSequentially(name);
  await expect(page.locator(`datalist option[value="${option}"]`)).toHaveCount(1);
  await page.getByRole("combobox", { name: "Partner", exact: true }).fill(option);
  await expect(page).toHaveURL(/partnerId=/);
}

test("a commission is approved, paid and completed, and the partner sees it move", async ({ page, browser, baseURL }) => {
  // A currency of its own: the run pays nobody else.
  const story = await partner("CHF");
  await paid(story, "1000.00", 40, "CHF");
  await paid(story, "333.35", 40, "CHF");
  const portal = await (await browser.newContext({ baseURL: baseURL ?? "", locale: "en-US" })).newPage();
  await signIn(portal, story.user, "partner");
  const sums = portal.getByRole("table", { name: "Balance" }).getByRole("row");
  await expect(sums.nth(0)).toContainText("200.00");

  await signIn(page, "fiona", "finance");
  await expect(page.getByRole("heading", { name: "Work queue" })).toBeVisible();
  await choose(page, story);
  const rows = page.getByTestId("queued-commission");
  await expect(rows).toHaveCount(2);
  await page.getByLabel("Select all of this page").check();
  await page.getByRole("button", { name: /^Approve 2 selected: CHF.200\.00$/ }).click();
  await demandAccessible(page);
  await page.getByRole("dialog").getByRole("button", { name: "Approve", exact: true }).click();
  await expect(page.getByRole("status")).toContainText(/Approved 2 commissions: CHF.200\.00\./);
  await expect(page.getByText("Nothing waits for approval.")).toBeVisible();
  await portal.reload();
  await expect(sums.nth(1)).toContainText("200.00");

  await page.getByRole("link", { name: "Payouts", exact: true }).click();
  await page.getByRole("button", { name: "Run payouts…" }).click();
  const run = page.getByRole("dialog", { name: "Run payouts" });
  await expect(run.getByRole("button", { name: "Pay", exact: true })).toHaveAttribute("aria-disabled", "true");
  await run.getByLabel("Currency").fill("CHF");
  await run.getByRole("button", { name: "Preview" }).click();
  await expect(run.getByRole("status")).toContainText(/1 payout, CHF.200\.00 in all/);
  await demandAccessible(page);
  await run.getByRole("button", { name: "Make 1 payout" }).click();
  await expect(page.getByRole("status")).toContainText(/Made 1 payout: CHF.200\.00/);
  await portal.reload();
  await expect(sums.nth(2)).toContainText("200.00");

  await choose(page, story);
  await expect(page.getByTestId("payout-row")).toHaveCount(1);
  await page.getByTestId("payout-row").getByRole("link").click();
  const sheet = page.getByRole("dialog", { name: "Payout" });
  await sheet.getByRole("button", { name: "Mark as sent" }).click();
  await page.getByRole("dialog", { name: "Is the money sent?" }).getByRole("button", { name: "Mark as sent" }).click();
  await expect(sheet.getByText("Processing").first()).toBeVisible();
  await sheet.getByRole("button", { name: "Complete" }).click();
  const question = page.getByRole("dialog", { name: "Has the money arrived?" });
  await question.getByLabel("Payment reference").fill("WIRE-9");
  await question.getByRole("button", { name: "Complete" }).click();
  await expect(sheet.getByText("Completed").first()).toBeVisible();
  await expect(sheet.getByRole("button", { name: "Complete" })).toHaveCount(0);
  await portal.reload();
  await expect(sums.nth(3)).toContainText("200.00");
  await expect(portal.getByRole("table", { name: "Payouts" })).toContainText("WIRE-9");
  await expect(card(portal, "Outstanding balance")).toContainText(/CHF.0\.00/);
});

test("all that a filter shows is approved at once, with the sum that the server tells", async ({ page }) => {
  const story = await partner();
  for (let n = 0; n < 51; n += 1) await paid(story, "10.10", 3);
  await paid(story, "100", 3, "JPY");
  await signIn(page, "fiona", "finance");
  await choose(page, story);
  await expect(page.getByTestId("queued-commission")).toHaveCount(50);
  await expect(page.getByText("52 pending commissions")).toBeVisible();
  await page.getByLabel("Currency").fill("usd");
  await expect(page.getByText("51 pending commissions")).toBeVisible();
  await page.getByRole("button", { name: "Approve all that match…" }).click();
  const question = page.getByRole("dialog");
  await expect(question).toContainText("51 pending commissions, $77.52 in all, of every page");
  await question.getByRole("button", { name: "Approve 51" }).click();
  await expect(page.getByRole("status")).toContainText("Approved 51 commissions: $77.52.");
  await expect(page.getByText("Nothing waits for approval.")).toBeVisible();
  await page.getByLabel("Currency").fill("");
  await expect(page.getByTestId("queued-commission")).toHaveCount(1);
});

test("commissions are cancelled with a reason; a refusal says why and changes nothing", async ({ page }) => {
  const story = await partner();
  const [gone, kept] = [await paid(story, "10.00", 4), await paid(story, "20.00", 3)];
  await signIn(page, "fiona", "finance");
  await choose(page, story);
  await expect(page.getByTestId("queued-commission")).toHaveCount(2);
  // Somebody else was faster.
  await act("cancelCommissionEvents", { ids: [gone], reason: "a mistake" }, "commissionEvents { id }");
  await page.getByTestId("queued-commission").first().getByRole("checkbox").check();
  await page.getByTestId("queued-commission").last().getByRole("checkbox").check();
  await page.getByRole("button", { name: /^Approve 2 selected/ }).click();
  const question = page.getByRole("dialog");
  await question.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(question.getByRole("alert")).toContainText("Nothing was changed");
  await expect(question.getByRole("alert")).toContainText("CANCELLED and cannot become APPROVED");
  await question.getByRole("button", { name: "Back" }).click();
  await page.reload();
  await page.getByTestId("queued-commission").getByRole("checkbox").check();
  await page.getByRole("button", { name: "Cancel selected" }).click();
  await question.getByLabel("Reason").fill("billed twice");
  await question.getByRole("button", { name: "Cancel them" }).click();
  await expect(page.getByRole("status")).toContainText("Cancelled 1 commission: $3.00.");
  const { commissionEvent } = await ask(`{ commissionEvent(id: "${kept}") { status history { reason } } }`);
  expect(commissionEvent.history.at(-1).reason).toBe("billed twice");
});

test("refund lines go with their commission, and count in the sum", async ({ page }) => {
  const story = await partner();
  const invoiceId = `INV-${story.user}`;
  const input = { invoiceId, customerId: story.customer, totalAmount: { amount: "100.00", currency: "USD" }, paidAt: "2026-01-05T00:00:00Z" };
  await act("recordInvoicePaid", input, "outcome");
  await act("recordInvoiceRefunded", { invoiceId, refundId: story.user, amount: { amount: "40.00", currency: "USD" }, refundedAt: "2026-01-06T00:00:00Z" }, "outcome");
  await signIn(page, "fiona", "finance");
  await choose(page, story);
  await expect(page.getByTestId("queued-commission")).toHaveCount(2);
  await expect(page.getByText("with its commission")).toHaveCount(1);
  await page.getByTestId("queued-commission").getByRole("checkbox").check();
  await page.getByRole("button", { name: "Approve 1 selected: $9.00" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Approve", exact: true }).click();
  await expect(page.getByText("Nothing waits for approval.")).toBeVisible();
});

test("a payout fails with a reason, or is cancelled, and its commissions are free again", async ({ page }) => {
  const story = await partner();
  const event = await paid(story, "200.00", 2);
  const failing = await payout(story, [event]);
  await signIn(page, "fiona", "finance", `/staff/payouts?payout=${failing}`);
  const sheet = page.getByRole("dialog", { name: "Payout" });
  await sheet.getByRole("button", { name: "Mark as failed" }).click();
  const question = page.getByRole("dialog", { name: "Did the money come back?" });
  await question.getByLabel("Reason").fill("the account is closed");
  await question.getByRole("button", { name: "Mark as failed" }).click();
  await expect(sheet).toContainText("Why it failed: the account is closed");

  const batch = { partnerId: story.id, periodStart: "2020-01-01T00:00:00Z", periodEnd: new Date().toISOString() };
  const again = (await act("createPayoutBatch", batch, "payout { id }")).payout.id;
  await page.goto(`/staff/payouts?payout=${again}`);
  await sheet.getByRole("button", { name: "Cancel payout" }).click();
  const other = page.getByRole("dialog", { name: "Cancel this payout?" });
  await other.getByLabel("Reason").fill("wrong period");
  await other.getByRole("button", { name: "Cancel payout" }).click();
  await expect(sheet.getByText("Cancelled").first()).toBeVisible();
  const { commissionEvent } = await ask(`{ commissionEvent(id: "${event}") { status } }`);
  expect(commissionEvent.status).toBe("APPROVED");
});

test("the books are checked, and debts are told", async ({ page }) => {
  const story = await partner();
  const key = story.user;
  await act("recordAdjustment", { partnerId: story.id, amount: { amount: "-12.50", currency: "USD" }, reason: "an overpayment", idempotencyKey: key }, "commissionEvent { id }");
  await signIn(page, "alma", "auditor", "/staff/reconciliation");
  await expect(page.getByRole("status")).toContainText("The books agree");
  await expect(page.getByRole("table", { name: "Debts" }).getByRole("row").filter({ hasText: story.name })).toContainText("-$12.50");
  await demandAccessible(page);
  await page.getByRole("button", { name: "Check again" }).click();
  await expect(page.getByRole("button", { name: "Check again" })).toBeVisible();
});

test("who may not move money has no buttons for it", async ({ page }) => {
  const story = await partner();
  await paid(story, "10.00", 2);
  await signIn(page, "alma", "auditor");
  await expect(page.getByTestId("queued-commission").first()).toBeVisible();
  await expect(page.getByRole("checkbox")).toHaveCount(0);
  await expect(page.getByRole("button", { name: /Approve|Cancel/ })).toHaveCount(0);
  await page.getByRole("link", { name: "Payouts", exact: true }).click();
  await expect(page.getByRole("heading", { name: "All payouts" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Run payouts…" })).toHaveCount(0);
});

test("staff see what a partner sees", async ({ page }) => {
  const story = await partner();
  await paid(story, "1000.00");
  await signIn(page, "sue", "support", "/staff/partners");
  await page.getByLabel("Name or number").fill(story.name);
  await page.getByRole("link", { name: story.name }).click();
  await expect(page.getByText(`As ${story.name} sees it`)).toBeVisible();
  await expect(card(page, "Outstanding balance")).toContainText("$150.00");
  await page.getByRole("link", { name: "Partner: accounts" }).click();
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText(story.customer);
});

import type { Page } from "@playwright/test";

import {
  approveAndPay, createPartner, createPayout, expect, expectAccessible, expectFitsWidth, mutate, type Partner, recordAdjustment,
  recordInvoice, recordRefundedInvoice, request, signIn, statCard, test, visit,
} from "./support";

/** Filters the list of the page by a partner. */
async function filterByPartner(page: Page, { name }: Partner) {
  const query = "query ($search: String) { partners(filter: { search: $search }) { nodes { partnerNumber } } }";
  const { partners } = await request(query, { search: name });
  const option = `${name} (${partners.nodes[0].partnerNumber})`;
  const field = page.getByRole("combobox", { name: "Partner", exact: true });
  await field.pressSequentially(name);
  await expect(page.locator(`datalist option[value="${option}"]`)).toHaveCount(1);
  await field.fill(option);
  await expect(page).toHaveURL(/partnerId=/);
}

test("a commission is approved, paid and completed, and the partner sees it move", async ({ page, browser, baseURL }) => {
  // No other partner is paid in this currency, so the run creates a single payout.
  const partner = await createPartner("CHF");
  await recordInvoice(partner, "1000.00", 40, "CHF");
  await recordInvoice(partner, "333.35", 40, "CHF");
  const portal = await (await browser.newContext({ baseURL: baseURL ?? "", locale: "en-US" })).newPage();
  await signIn(portal, partner.user, "partner");
  const balance = portal.getByRole("table", { name: "Balance" }).getByRole("row");
  await expect(balance.nth(0)).toContainText("200.00");

  await signIn(page, "fiona", "finance", "/staff");
  await expect(page.getByRole("heading", { name: "Work queue" })).toBeVisible();
  await filterByPartner(page, partner);
  const rows = page.getByTestId("queued-commission");
  await expect(rows).toHaveCount(2);
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: /^Approve 2 selected: CHF.200\.00$/ }).click();
  await expectAccessible(page);
  await page.getByRole("dialog").getByRole("button", { name: "Approve", exact: true }).click();
  await expect(page.getByRole("status")).toContainText(/Approved 2 commissions: CHF.200\.00\./);
  await expect(page.getByText("No commissions are waiting for approval.")).toBeVisible();
  await portal.reload();
  await expect(balance.nth(1)).toContainText("200.00");

  await page.getByRole("link", { name: "Payouts", exact: true }).click();
  await page.getByRole("button", { name: "Run payouts…" }).click();
  const run = page.getByRole("dialog", { name: "Run payouts" });
  await expect(run.getByRole("button", { name: "Create payouts", exact: true })).toHaveAttribute("aria-disabled", "true");
  await run.getByLabel("Currency").fill("CHF");
  await run.getByRole("button", { name: "Preview" }).click();
  await expect(run.getByRole("status")).toContainText(/1 payout, CHF.200\.00 in total/);
  await expectAccessible(page);
  await run.getByRole("button", { name: "Create 1 payout" }).click();
  // The dialog is about to close, and the approval can still be undone.
  await expect(page.getByRole("status").filter({ hasText: /Created 1 payout: CHF.200\.00/ })).toBeVisible();
  await portal.reload();
  await expect(balance.nth(2)).toContainText("200.00");

  await filterByPartner(page, partner);
  await expect(page.getByTestId("payout-row")).toHaveCount(1);
  await page.getByTestId("payout-row").getByRole("link").click();
  const dialog = page.getByRole("dialog", { name: "Payout", exact: true });
  await dialog.getByRole("button", { name: "Mark as sent" }).click();
  const sending = page.getByRole("dialog", { name: "Mark this payout as sent?" });
  await sending.getByRole("button", { name: "Mark as sent" }).click();
  await expect(dialog.getByText("Processing").first()).toBeVisible();
  await dialog.getByRole("button", { name: "Complete" }).click();
  const confirmation = page.getByRole("dialog", { name: "Complete this payout?" });
  await confirmation.getByLabel("Payment reference").fill("WIRE-9");
  await confirmation.getByRole("button", { name: "Complete" }).click();
  await expect(dialog.getByText("Completed").first()).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Complete" })).toHaveCount(0);
  await portal.reload();
  await expect(balance.nth(3)).toContainText("200.00");
  await expect(portal.getByRole("table", { name: "Payouts" })).toContainText("WIRE-9");
  await expect(statCard(portal, "Outstanding balance")).toContainText(/CHF.0\.00/);
});

test("all commissions that match a filter are approved at once, with the total from the server", async ({ page }) => {
  const partner = await createPartner();
  for (let n = 0; n < 51; n += 1) await recordInvoice(partner, "10.10", 3);
  await recordInvoice(partner, "100", 3, "JPY");
  await signIn(page, "fiona", "finance", "/staff");
  await filterByPartner(page, partner);
  await expect(page.getByTestId("queued-commission")).toHaveCount(50);
  await expect(page.getByText("52 pending commissions")).toBeVisible();
  await page.getByLabel("Currency").fill("usd");
  await expect(page.getByText("51 pending commissions")).toBeVisible();
  await page.getByRole("button", { name: "Approve all matching…" }).click();
  const confirmation = page.getByRole("dialog");
  await expect(confirmation).toContainText("51 pending commissions across all pages, $77.52 in total.");
  await confirmation.getByRole("button", { name: "Approve 51" }).click();
  await expect(page.getByRole("status")).toContainText("Approved 51 commissions: $77.52.");
  await expect(page.getByText("No commissions are waiting for approval.")).toBeVisible();
  await page.getByLabel("Currency").fill("");
  await expect(page.getByTestId("queued-commission")).toHaveCount(1);
});

test("a code that is no currency is explained, and the list stays", async ({ page }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "10.00", 2);
  await signIn(page, "fiona", "finance", "/staff");
  await filterByPartner(page, partner);
  await page.getByLabel("Currency").fill("zzz");
  await expect(page.getByText("ZZZ is not a currency")).toBeVisible();
  await expect(page.getByTestId("queued-commission")).toHaveCount(1);
  await page.goto("/staff?currency=ZZZ");
  await expect(page.getByText("ZZZ is not a currency")).toBeVisible();
  await expect(page.getByTestId("queued-commission").first()).toBeVisible();
});

test("a run shows each payout before it is made, and leaves out a partner", async ({ page }) => {
  // No other partner is paid in this currency.
  const [paid, excluded] = [await createPartner("SEK"), await createPartner("SEK")];
  for (const partner of [paid, excluded]) {
    const event = await recordInvoice(partner, "1000.00", 40, "SEK");
    await mutate("approveCommissionEvents", { ids: [event] }, "commissionEvents { id }");
  }
  await signIn(page, "fiona", "finance", "/staff/payouts");
  await page.getByRole("button", { name: "Run payouts…" }).click();
  const run = page.getByRole("dialog", { name: "Run payouts" });
  await run.getByLabel("Currency").fill("SEK");
  await run.getByRole("button", { name: "Preview" }).click();
  await expect(run.getByTestId("planned-payout")).toHaveCount(2);
  await expect(run.getByRole("status")).toContainText(/2 payouts, SEK.300\.00 in total/);
  await run.getByRole("checkbox", { name: excluded.name }).uncheck();
  await expect(run.getByRole("status")).toContainText(/1 payout, SEK.150\.00 in total/);
  await expectAccessible(page);
  await run.getByRole("button", { name: "Create 1 payout" }).click();
  await expect(page.getByRole("status")).toContainText(/Created 1 payout: SEK.150\.00/);
  const { partner } = await request(`{ partner(id: "${excluded.id}") { payouts { totalCount } } }`);
  expect(partner.payouts.totalCount).toBe(0);
});

test("commissions are cancelled with a reason, and a user error changes nothing", async ({ page }) => {
  const partner = await createPartner();
  const [cancelled, pending] = [await recordInvoice(partner, "10.00", 4), await recordInvoice(partner, "20.00", 3)];
  await signIn(page, "fiona", "finance", "/staff");
  await filterByPartner(page, partner);
  await expect(page.getByTestId("queued-commission")).toHaveCount(2);
  // Another user cancels one of the two in the meantime.
  await mutate("cancelCommissionEvents", { ids: [cancelled], reason: "a mistake" }, "commissionEvents { id }");
  await page.getByTestId("queued-commission").first().getByRole("checkbox").check();
  await page.getByTestId("queued-commission").last().getByRole("checkbox").check();
  await page.getByRole("button", { name: /^Approve 2 selected/ }).click();
  const confirmation = page.getByRole("dialog");
  await confirmation.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(confirmation.getByRole("alert")).toContainText("Nothing was changed");
  await expect(confirmation.getByRole("alert")).toContainText(/INV-.*CANCELLED.*It is no longer selected\./);
  await expect(confirmation.getByRole("button", { name: "Approve the other 1" })).toBeVisible();
  await confirmation.getByRole("button", { name: "Back" }).click();
  await expect(page.getByTestId("queued-commission")).toHaveCount(1);
  await expect(page.getByTestId("queued-commission").getByRole("checkbox")).toBeChecked();
  await page.getByRole("button", { name: "Cancel selected" }).click();
  await confirmation.getByLabel("Reason").fill("billed twice");
  await confirmation.getByRole("button", { name: "Cancel commission" }).click();
  await expect(page.getByRole("status")).toContainText("Cancelled 1 commission: $3.00.");
  const { commissionEvent } = await request(`{ commissionEvent(id: "${pending}") { status history { reason } } }`);
  expect(commissionEvent.history.at(-1).reason).toBe("billed twice");
});

test("reversals are approved with their commission, and count in the total", async ({ page }) => {
  const partner = await createPartner();
  await recordRefundedInvoice(partner, "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z");
  await signIn(page, "fiona", "finance", "/staff");
  await filterByPartner(page, partner);
  await expect(page.getByTestId("queued-commission")).toHaveCount(2);
  await expect(page.getByText("with original")).toHaveCount(1);
  await page.getByTestId("queued-commission").getByRole("checkbox").check();
  await page.getByRole("button", { name: "Approve 1 selected: $9.00" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Approve", exact: true }).click();
  await expect(page.getByText("No commissions are waiting for approval.")).toBeVisible();
});

test("a payout fails with a reason, or is cancelled, and its commissions are released", async ({ page }) => {
  const partner = await createPartner();
  const event = await recordInvoice(partner, "200.00", 2);
  const failing = await approveAndPay(partner, [event]);
  await signIn(page, "fiona", "finance", `/staff/payouts?payout=${failing}`);
  const dialog = page.getByRole("dialog", { name: "Payout", exact: true });
  await dialog.getByRole("button", { name: "Mark as failed" }).click();
  const confirmation = page.getByRole("dialog", { name: "Mark this payout as failed?" });
  await confirmation.getByLabel("Reason").fill("the account is closed");
  await confirmation.getByRole("button", { name: "Mark as failed" }).click();
  await expect(dialog).toContainText("Failure reason: the account is closed");

  const cancelling = await createPayout(partner);
  await page.goto(`/staff/payouts?payout=${cancelling}`);
  await dialog.getByRole("button", { name: "Cancel payout" }).click();
  const cancellation = page.getByRole("dialog", { name: "Cancel this payout?" });
  await cancellation.getByLabel("Reason").fill("wrong period");
  await cancellation.getByRole("button", { name: "Cancel payout" }).click();
  await expect(dialog.getByText("Cancelled").first()).toBeVisible();
  const { commissionEvent } = await request(`{ commissionEvent(id: "${event}") { status } }`);
  expect(commissionEvent.status).toBe("APPROVED");
});

test("the reconciliation shows whether the totals agree, and the debts", async ({ page }) => {
  const partner = await createPartner();
  await recordAdjustment(partner, "-12.50");
  await signIn(page, "alma", "auditor", "/staff/reconciliation");
  await expect(page.getByRole("status")).toContainText("Balanced");
  const debts = page.getByRole("table", { name: "Debts" }).getByRole("row");
  await expect(debts.filter({ hasText: partner.name })).toContainText("-$12.50");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Check again" }).click();
  await expect(page.getByRole("button", { name: "Check again" })).toBeVisible();
});

test("users without the permission have no buttons that move money", async ({ page }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "10.00", 2);
  await signIn(page, "alma", "auditor", "/staff");
  await expect(page.getByTestId("queued-commission").first()).toBeVisible();
  await expect(page.getByRole("checkbox")).toHaveCount(0);
  await expect(page.getByRole("button", { name: /Approve|Cancel/ })).toHaveCount(0);
  await page.getByRole("link", { name: "Payouts", exact: true }).click();
  await expect(page.getByRole("heading", { name: "All payouts" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Run payouts…" })).toHaveCount(0);
});

test("a name without a space widens no page, and no amount breaks", async ({ page }) => {
  const partner = await createPartner("KWD");
  const companyName = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(3);
  await mutate("updatePartner", { id: partner.id, companyName }, "partner { id }");
  await recordInvoice(partner, "3941838.333", 5, "KWD");
  await approveAndPay(partner, [await recordInvoice(partner, "87876.540", 6, "KWD")]);
  await signIn(page, "fiona", "finance", "/staff");
  const widths = [360, 768, 1024, 1440];
  for (const path of ["/staff", "/staff/payouts", "/staff/partners", `/partners/revenue?partner=${partner.id}`]) {
    await visit(page, path);
    await expect(page.getByText("Donaudampfschifffahrt").first()).toBeVisible();
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      await expectFitsWidth(page);
    }
  }
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 });
    const value = statCard(page, "Lifetime earnings").getByText(/KWD/);
    const lines = await value.evaluate((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return new Set([...range.getClientRects()].map(({ top }) => top)).size;
    });
    expect(lines).toBe(1);
    const isCut = await value.evaluate((element) => element.scrollWidth > element.clientWidth);
    expect(isCut).toBe(false);
  }
});

test("staff open the portal of a partner", async ({ page }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "1000.00");
  await signIn(page, "sue", "support", "/staff/partners");
  await page.getByLabel("Name or number").fill(partner.name);
  await page.getByRole("link", { name: partner.name }).click();
  await page.getByRole("link", { name: "View as the partner" }).click();
  await expect(page.getByText(`Portal of ${partner.name}`)).toBeVisible();
  await expect(statCard(page, "Outstanding balance")).toContainText("$150.00");
  const pages = page.getByRole("navigation", { name: "Pages of the partner" });
  await pages.getByRole("link", { name: "Accounts", exact: true }).click();
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText(partner.customer);
});

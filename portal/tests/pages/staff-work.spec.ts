import { randomUUID } from "node:crypto";

import {
  addUser, approveAndPay, createPartner, expect, expectAccessible, expectFitsWidth, mutate, recordInvoice, request, signIn,
  test,
} from "./support";

const suffix = () => randomUUID().slice(-8);

test("the overview shows what waits and the sums of all partners, and opens the lists behind them", async ({ page }) => {
  const partner = await createPartner("SGD");
  await recordInvoice(partner, "1000.00", 5, "SGD");
  const paid = await approveAndPay(partner, [await recordInvoice(partner, "400.00", 6, "SGD")]);
  await mutate("completePayout", { id: paid, paymentReference: "WIRE-9" }, "payout { id }");
  await signIn(page, "fiona", "finance");
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await expect(page).toHaveTitle(/^\(\d[\d,]*\) Overview · revshare$/);
  await expectAccessible(page);
  const row = page.getByTestId("overview-balance").filter({ hasText: "SGD" });
  await expect(row.getByRole("link", { name: /SGD.150\.00/ })).toBeVisible();
  await row.getByRole("link", { name: /SGD.150\.00/ }).click();
  await expect(page.getByTestId("queued-commission")).toHaveCount(1);
  await expect(page.getByTestId("queued-commission")).toContainText("SGD 150.00");
  await expect(page.getByTestId("queued-commission")).toContainText("waiting");
  await page.goBack();
  await row.getByRole("link", { name: /SGD.60\.00/ }).click();
  await expect(page.getByTestId("payout-row")).toHaveCount(1);
  await expect(page.getByTestId("payout-row")).toContainText("WIRE-9");
  await page.goBack();
  // The parts, and the months, add up to what was earned.
  await expect(row).toContainText(/SGD.150\.00.*SGD.60\.00.*SGD.210\.00/);
  await page.getByLabel("Currency").selectOption("SGD");
  await expect(page.getByRole("table", { name: "Months" }).getByRole("row").last()).toContainText(/Total.*SGD.210\.00.*SGD.60\.00/);
  const month = page.getByTestId("overview-month").filter({ hasText: "SGD 60.00" });
  await month.getByRole("link", { name: /SGD.60\.00/ }).click();
  await expect(page.getByTestId("payout-row")).toHaveCount(1);
  await expect(page).toHaveURL(/[?&]completedFrom=\d{4}-\d{2}-01/);
});

test("what waits is counted in the navigation, and each card opens as many rows", async ({ page }) => {
  const partner = await createPartner("HUF");
  await recordInvoice(partner, "1000.00", 5, "HUF");
  await signIn(page, "ada", "admin");
  // Again if another test records commissions meanwhile.
  await expect(async () => {
    await page.goto("/staff/overview");
    const card = page.getByTestId("waiting-card").filter({ hasText: "Commissions to approve" });
    const count = (await card.locator("strong").textContent()) ?? "";
    const waiting = page.getByRole("navigation", { name: "Pages" }).getByText(`${count} waiting`);
    await expect(waiting.first()).toBeVisible({ timeout: 3_000 });
    await card.click();
    const pages = page.getByRole("navigation", { name: "Pages of pending commissions" });
    await expect(pages).toContainText(`${count} pending commission`, { timeout: 3_000 });
  }).toPass({ timeout: 60_000 });
  await page.goto("/staff/overview");
  for (const width of [360, 768, 1024, 1600]) {
    await page.setViewportSize({ width, height: 800 });
    await expect(page.getByTestId("waiting-card").first()).toBeVisible();
    await expectFitsWidth(page);
  }
});

test("all commissions that match are held back in batches, and one that failed says why", async ({ page }) => {
  const partner = await createPartner();
  const events: string[] = [];
  for (let number = 0; number < 55; number += 1) events.push(await recordInvoice(partner, "10.00", 3));
  await signIn(page, "fiona", "finance", `/staff?partnerId=${partner.id}`);
  await expect(page.getByTestId("queued-commission")).toHaveCount(50);
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: "Select all 55 that match" }).click();
  await expect(page.getByText("55 commissions selected")).toBeVisible();
  await page.getByRole("button", { name: "Hold back selected" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Total: $82.50, including reversals.");
  await expectAccessible(page);
  // Somebody else cancels one in the meantime.
  await mutate("cancelCommissionEvents", { ids: [events[0]], reason: "a mistake" }, "commissionEvents { id }");
  await dialog.getByRole("button", { name: "Hold back" }).click();
  await expect(dialog.getByLabel("Reason")).toBeFocused();
  await dialog.getByLabel("Reason").fill("to be checked");
  await dialog.getByRole("button", { name: "Hold back" }).click();
  await expect(dialog).toContainText("54 commissions held back, 1 failed.");
  await expect(dialog.getByRole("list", { name: "Failed" })).toContainText(/INV-.*: .*CANCELLED/);
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Close" }).last().click();

  await page.getByLabel("Show").selectOption("Held back");
  await expect(page.getByRole("navigation", { name: "Pages of commissions" })).toContainText("54 commissions");
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: "Select all 54 that match" }).click();
  await page.getByRole("button", { name: "Release selected" }).click();
  await dialog.getByLabel("Reason").fill("they are right");
  await dialog.getByRole("button", { name: "Release", exact: true }).click();
  await expect(dialog).toContainText("54 commissions released.");
});

test("a commission is approved from its sheet, which leads to its partner", async ({ page }) => {
  const partner = await createPartner();
  const event = await recordInvoice(partner, "100.00", 3);
  await signIn(page, "fiona", "finance", `/staff/commissions?event=${event}`);
  const sheet = page.getByRole("dialog", { name: "Commission" });
  await sheet.getByRole("button", { name: "Approve…" }).click();
  await page.getByRole("dialog", { name: "Approve?" }).getByRole("button", { name: "Approve" }).click();
  await expect(sheet.getByRole("status")).toContainText("The commission was approved: $15.00.");
  await expect(sheet.getByRole("button", { name: "Revert approval…" })).toBeVisible();
  await sheet.getByRole("link", { name: partner.name }).click();
  await page.getByRole("region", { name: "Balances" }).getByRole("link", { name: "Commissions" }).click();
  await expect(page.getByTestId("commission-row")).toHaveCount(1);
  await expect(page.getByLabel("Partner", { exact: true })).toHaveValue(new RegExp(partner.name));
});

test("on a telephone, what can be done with the selected rows is in view", async ({ page }) => {
  const partner = await createPartner();
  await Promise.all([1, 2, 3, 4, 5, 6].map((days) => recordInvoice(partner, "10.00", days)));
  await page.setViewportSize({ width: 360, height: 740 });
  await signIn(page, "fiona", "finance", `/staff?partnerId=${partner.id}`);
  await page.getByTestId("queued-commission").nth(2).getByRole("checkbox").check();
  const approve = page.getByRole("button", { name: "Approve 1 selected: $1.50" });
  await expect(approve.last()).toBeInViewport();
  await expectFitsWidth(page);
  await expectAccessible(page);
  await approve.last().click();
  await expect(page.getByRole("dialog")).toContainText("Approve 1 commission?");
});

test("payouts are marked as sent, and completed together with one reference", async ({ page }) => {
  const [one, two] = [await createPartner("PLN"), await createPartner("PLN")];
  for (const partner of [one, two]) await approveAndPay(partner, [await recordInvoice(partner, "200.00", 4, "PLN")]);
  await signIn(page, "fiona", "finance", "/staff/payouts?status=OPEN&currency=PLN");
  await expect(page.getByTestId("payout-row")).toHaveCount(2);
  await expect(page.getByTestId("list-total")).toContainText("PLN 60.00");
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: "Mark selected as sent…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Total: PLN 60.00");
  await dialog.getByRole("button", { name: "Mark as sent" }).click();
  await expect(dialog).toContainText("2 payouts marked as sent.");
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: "Complete selected…" }).click();
  await dialog.getByRole("button", { name: "Complete", exact: true }).click();
  await expect(dialog.getByLabel("Payment reference")).toBeFocused();
  await dialog.getByLabel("Payment reference").fill("BULK-1");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Complete", exact: true }).click();
  await expect(dialog).toContainText("2 payouts completed.");
  const { payouts } = await request('{ payouts(filter: { currency: "PLN" }) { nodes { status paymentReference } } }');
  expect(payouts.nodes).toEqual([
    { status: "COMPLETED", paymentReference: "BULK-1" },
    { status: "COMPLETED", paymentReference: "BULK-1" },
  ]);
});

test("payouts are completed from a bank’s list after it was matched", async ({ page }) => {
  const [one, two, three] = [await createPartner("CZK"), await createPartner("CZK"), await createPartner("CZK")];
  const first = await approveAndPay(one, [await recordInvoice(one, "8230.00", 4, "CZK")]);
  await approveAndPay(two, [await recordInvoice(two, "200.00", 4, "CZK")]);
  await approveAndPay(three, [await recordInvoice(three, "300.00", 4, "CZK")]);
  const numberOf = async (id: string) => (await request(`{ partner(id: "${id}") { partnerNumber } }`)).partner.partnerNumber;
  await signIn(page, "fiona", "finance", "/staff/payouts");
  await page.getByRole("button", { name: "Complete from a bank’s list…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Match" }).click();
  await expect(dialog.getByText("Paste at least one line")).toBeVisible();
  const lines = [
    "Number;Amount;Reference",
    `${first};1.234,50;WIRE-1`,
    `${await numberOf(two.id)}\tCZK 30.00\tWIRE-2`,
    `"${await numberOf(three.id)}","44.00","WIRE-3"`,
    `${first};1234.50;WIRE-4`,
    "P-unknown;1.00;WIRE-5",
  ];
  await dialog.getByLabel("List").fill(lines.join("\n"));
  await dialog.getByRole("button", { name: "Match" }).click();
  await expect(dialog).toContainText("2 of 5 lines match an open payout: CZK 1,264.50");
  const rows = dialog.getByTestId("bank-line");
  await expect(rows.nth(2)).toContainText("The amount differs: CZK 45.00 expected");
  await expect(rows.nth(3)).toContainText("An earlier line completes the same payout");
  await expect(rows.nth(4)).toContainText("No open payout of this number");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Complete", exact: true }).click();
  await expect(dialog).toContainText("2 payouts completed, 3 lines left out.");
  const { payouts } = await request('{ payouts(filter: { currency: "CZK" }) { nodes { status paymentReference } } }');
  expect(payouts.nodes.map(({ status, paymentReference }: any) => `${status} ${paymentReference}`).sort()).toEqual([
    "COMPLETED WIRE-1", "COMPLETED WIRE-2", "READY null",
  ]);
});

test("an invoice is corrected from the invoices page, with errors at the fields", async ({ page }) => {
  const partner = await createPartner();
  const customer = `typo-${suffix()}`;
  const totalAmount = { amount: "100.00", currency: "USD" };
  const invoiceId = `INV-${suffix()}`;
  await mutate("recordInvoicePaid", { invoiceId, customerId: customer, totalAmount, paidAt: "2026-02-01T00:00:00Z" }, "outcome");
  await signIn(page, "fiona", "finance", `/staff/invoices?customer=${customer}`);
  await page.getByTestId("invoice-row").getByRole("button", { name: "Correct…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Customer id").fill(partner.customer);
  await dialog.getByLabel("Base amount").fill("120.00");
  await dialog.getByLabel("Reason").fill("a typing error");
  await dialog.getByRole("button", { name: "Correct invoice", exact: true }).click();
  await expect(dialog.getByLabel("Base amount")).toBeFocused();
  await expectAccessible(page);
  await dialog.getByLabel("Base amount").fill("80.00");
  await dialog.getByRole("button", { name: "Correct invoice", exact: true }).click();
  await expect(page.getByRole("status")).toContainText(`It earns $12.00.`);
  await expect(page.getByTestId("invoice-row")).toHaveCount(0);
});

test("a person is erased from a lead and from a partner’s users", async ({ page }) => {
  const partner = await createPartner();
  const contact = { contactName: `Lena ${suffix()}`, contactEmail: "lena@example.com" };
  const { referralLead } = await mutate("submitReferralLead", { partnerId: partner.id, ...contact }, "referralLead { id }");
  const user = `leaver-${suffix()}`;
  await addUser(partner.id, user);
  await signIn(page, "ada", "admin", `/staff/leads?lead=${referralLead.id}`);
  await page.getByRole("button", { name: "Erase person…" }).click();
  const dialog = page.getByRole("dialog", { name: /^Erase/ });
  await dialog.getByLabel("Reason").fill("a request of the person");
  await dialog.getByRole("button", { name: "Erase person" }).click();
  await expect(dialog.getByLabel(/to confirm/)).toBeFocused();
  await dialog.getByLabel(/to confirm/).fill("erase");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Erase person" }).click();
  await expect(page.getByRole("dialog", { name: "Lead" })).toContainText("erased");

  await page.goto(`/staff/partners/${partner.id}`);
  const users = page.getByRole("table", { name: "Users" });
  await users.getByRole("button", { name: new RegExp(`^Erase .*${user}`) }).click();
  await dialog.getByLabel("Reason").fill("a request of the person");
  await dialog.getByLabel(/to confirm/).fill("erase");
  await dialog.getByRole("button", { name: "Erase person" }).click();
  await expect(page.getByRole("status")).toContainText("The person was erased.");
  await expect(users).not.toContainText(user);
});

test("a service token is created, shown once, used and revoked", async ({ page, baseURL }) => {
  for (const token of (await request("{ serviceTokens { id state } }")).serviceTokens) {
    if (token.state === "LIVE") await mutate("revokeServiceToken", { id: token.id }, "serviceToken { id }");
  }
  await signIn(page, "ada", "admin", "/staff/settings");
  await page.getByRole("link", { name: "Service tokens" }).click();
  await expectAccessible(page);
  await page.getByRole("button", { name: "New token…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Create token" }).click();
  await expect(dialog.getByLabel("Service")).toBeFocused();
  const name = `billing-${suffix()}`;
  await dialog.getByLabel("Service").fill(name);
  await dialog.getByRole("button", { name: "Create token" }).click();
  await expectAccessible(page);
  const secret = (await dialog.getByTestId("secret").textContent()) ?? "";
  expect(secret).toMatch(/^rvs_/);
  const viewer = async () => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${secret}` };
    const body = JSON.stringify({ query: "{ viewer { userId } }" });
    const response = await fetch(`${baseURL}/graphql`, { method: "POST", headers, body });
    return response.status;
  };
  expect(await viewer()).toBe(200);
  await dialog.getByRole("button", { name: "Close" }).last().click();
  const row = page.getByTestId("service-token").filter({ hasText: name });
  await expect(row).toContainText("Valid");
  await page.reload();
  await expect(page.getByText(secret)).toHaveCount(0);
  await row.getByRole("button", { name: /^Revoke/ }).click();
  await dialog.getByRole("button", { name: "Revoke token" }).click();
  await expect(row).toContainText("Revoked");
  expect(await viewer()).toBe(401);
});

test("the reconciliation says when and over how many rows", async ({ page }) => {
  await signIn(page, "alma", "auditor", "/staff/reconciliation");
  await expect(page.getByTestId("reconciled")).toContainText(/Checked .*\d+ commissions?, [\d,]+ payouts? and [\d,]+ invoices?\./);
});

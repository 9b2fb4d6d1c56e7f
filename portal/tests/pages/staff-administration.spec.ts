import {
  approveAndPay, createPartner, expect, expectAccessible, mutate, recordInvoice, request, signIn, test,
} from "./support";

test("a partner is created, gets a user and an account, and earns a commission", async ({ page }) => {
  const suffix = crypto.randomUUID().slice(-8);
  await signIn(page, "sue", "support", "/staff/partners");
  await page.getByRole("button", { name: "New partner…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Rate in percent").fill("120");
  await dialog.getByRole("button", { name: "Create partner" }).click();
  await expect(dialog.getByText("Enter a percentage from 0 to 100")).toBeVisible();
  await expect(dialog.getByLabel("Rate in percent")).toBeFocused();
  await dialog.getByLabel("Rate in percent").fill("12.5");
  await dialog.getByRole("button", { name: "Create partner" }).click();
  await expect(dialog.getByLabel("Company")).toBeFocused();
  await dialog.getByLabel("Company").fill(`Hazel ${suffix}`);
  await dialog.getByLabel("Tier").selectOption("Gold");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Create partner" }).click();
  await expect(page.getByRole("heading", { name: `Hazel ${suffix}` })).toBeVisible();
  await expect(page.getByRole("table", { name: "Terms" })).toContainText("12.5%");
  await expectAccessible(page);

  await page.getByRole("button", { name: "Add user…" }).click();
  await dialog.getByLabel("User id").fill(`hazel-${suffix}`);
  await dialog.getByLabel("E-mail").fill("no address");
  await dialog.getByRole("button", { name: "Add user" }).click();
  await expect(dialog.getByLabel("E-mail")).toBeFocused();
  await dialog.getByLabel("E-mail").fill("hazel@example.com");
  await dialog.getByRole("button", { name: "Add user" }).click();
  await expect(page.getByRole("table", { name: "Users" })).toContainText(`hazel-${suffix}`);

  await page.getByRole("button", { name: "Assign account…" }).click();
  await dialog.getByLabel("Customer id").fill(`cust-${suffix}`);
  await dialog.getByLabel("Managed from").fill("2026-01-01");
  await dialog.getByRole("button", { name: "Assign account" }).click();
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText(`cust-${suffix}`);

  const totalAmount = { amount: "1000.00", currency: "USD" };
  const invoice = { invoiceId: `INV-${suffix}`, customerId: `cust-${suffix}`, totalAmount, paidAt: "2026-02-01T00:00:00Z" };
  const { commissionEvent } = await mutate("recordInvoicePaid", invoice, "commissionEvent { commissionAmount { amount } }");
  expect(commissionEvent.commissionAmount.amount).toBe("125.00");

  await page.getByRole("table", { name: "Managed accounts" }).getByRole("button", { name: /^Edit/ }).click();
  await dialog.getByLabel("Rate in percent").fill("20");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText("20%");
  await page.getByRole("table", { name: "Managed accounts" }).getByRole("button", { name: /^End/ }).click();
  await dialog.getByRole("button", { name: "End account" }).click();
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText("Ended");
  await page.getByRole("table", { name: "Users" }).getByRole("button", { name: /^Deactivate/ }).click();
  await dialog.getByRole("button", { name: "Deactivate user" }).click();
  await expect(page.getByRole("table", { name: "Users" })).toContainText("Deactivated");
});

test("a rate is changed from a day on, and a status at once", async ({ page }) => {
  const partner = await createPartner();
  await signIn(page, "sue", "support", `/staff/partners/${partner.id}`);
  await page.getByRole("button", { name: "Edit partner…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Rate in percent").fill("18.25");
  await dialog.getByLabel("Rate, status and tier hold from").fill("2026-03-01");
  await dialog.getByRole("button", { name: "Save" }).click();
  const terms = page.getByRole("table", { name: "Terms" });
  await expect(terms).toContainText("18.25%");
  await expect(terms).toContainText("Mar 1, 2026");
  await page.getByRole("button", { name: "Edit partner…" }).click();
  await dialog.getByLabel("Status", { exact: true }).selectOption("Suspended");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("region", { name: "Properties" })).toContainText("Suspended");
});

test("an adjustment is recorded, and a pending commission is held back and released", async ({ page }) => {
  const partner = await createPartner();
  await signIn(page, "fiona", "finance", `/staff/partners/${partner.id}`);
  await expect(page.getByRole("button", { name: "Edit partner…" })).toHaveCount(0);
  await page.getByRole("button", { name: "Record adjustment…" }).click();
  const dialog = page.getByRole("dialog").last();
  await dialog.getByLabel("Amount").fill("12,50");
  await dialog.getByLabel("Reason").fill("a bonus");
  await dialog.getByRole("button", { name: "Record adjustment" }).click();
  await expect(dialog.getByText("Use digits, with “.” before the decimals")).toBeVisible();
  await dialog.getByLabel("Amount").fill("12.50");
  await dialog.getByRole("button", { name: "Record adjustment" }).click();
  await expect(page.getByRole("status")).toContainText("Recorded an adjustment of $12.50.");
  await expect(page.getByRole("table", { name: "Balances" })).toContainText("$12.50");

  const event = await recordInvoice(partner, "100.00", 3);
  await page.goto(`/staff?event=${event}`);
  await dialog.getByRole("button", { name: "Hold back…" }).click();
  await dialog.getByLabel("Reason").fill("to be checked");
  await dialog.getByRole("button", { name: "Hold back", exact: true }).click();
  await expect(page.getByRole("dialog", { name: "Commission" })).toContainText("Held back");
  await dialog.getByRole("button", { name: "Release…" }).click();
  await dialog.getByLabel("Reason").fill("it is right");
  await dialog.getByRole("button", { name: "Release", exact: true }).click();
  await expect(page.getByRole("dialog", { name: "Commission" })).toContainText("Released");
  await mutate("approveCommissionEvents", { ids: [event] }, "commissionEvents { id }");
  await page.reload();
  await dialog.getByRole("button", { name: "Revert approval…" }).click();
  await expectAccessible(page);
  await dialog.getByLabel("Reason").fill("too early");
  await dialog.getByRole("button", { name: "Revert approval", exact: true }).click();
  await expect(page.getByRole("status")).toContainText("The approval was reverted: $15.00.");
});

test("the reference of a completed payout is corrected", async ({ page }) => {
  const partner = await createPartner();
  const payout = await approveAndPay(partner, [await recordInvoice(partner, "1000.00", 3)]);
  await mutate("completePayout", { id: payout, paymentReference: "WIER-7" }, "payout { id }");
  await signIn(page, "fiona", "finance", `/staff/payouts?payout=${payout}`);
  await page.getByRole("button", { name: "Correct reference" }).click();
  const dialog = page.getByRole("dialog", { name: "Correct the payment reference?" });
  await dialog.getByLabel("Payment reference").fill("WIRE-7");
  await dialog.getByLabel("Reason").fill("a typing error");
  await dialog.getByRole("button", { name: "Correct reference" }).click();
  await expect(page.getByRole("dialog", { name: "Payout", exact: true })).toContainText("WIRE-7");
});

test("a lead is compared with its duplicates, converted, and its customer assigned", async ({ page }) => {
  const [first, second] = [await createPartner(), await createPartner()];
  const email = `ada-${crypto.randomUUID().slice(-8)}@example.com`;
  for (const { id } of [first, second]) {
    const lead = { partnerId: id, contactName: "Ada Lovelace", contactEmail: email, companyName: "Engines" };
    await mutate("submitReferralLead", lead, "referralLead { id }");
  }
  await signIn(page, "sue", "support", `/staff/leads?partnerId=${second.id}`);
  await page.getByTestId("lead-row").getByRole("link").click();
  const drawer = page.getByRole("dialog", { name: "Lead", exact: true });
  await expect(drawer.getByRole("region", { name: "Possible duplicates" })).toContainText(first.name);
  await expectAccessible(page);
  await drawer.getByRole("button", { name: "Change status…" }).click();
  const dialog = page.getByRole("dialog", { name: /^Change the status of .*Engines/ });
  await dialog.getByLabel("Status").selectOption("Converted");
  const customer = `customer-of-${second.user}`;
  await dialog.getByLabel("Customer id").fill(customer);
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Convert lead" }).click();
  await expect(page.getByRole("status")).toContainText("is “Converted” now.");
  await expect(drawer).toContainText("Converted");
  const query = "query ($id: ID!) { partner(id: $id) { managedAccounts { nodes { customerId } } } }";
  const { partner } = await request(query, { id: second.id });
  expect(partner.managedAccounts.nodes.map(({ customerId }: { customerId: string }) => customerId)).toContain(customer);
});

test("admins change the settings, other staff only see them", async ({ page, browser, baseURL }) => {
  await signIn(page, "ada", "admin", "/staff/settings");
  await page.getByRole("button", { name: "Edit settings…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Time zone").fill("Mars/Olympus");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByLabel("Time zone")).toBeFocused();
  await dialog.getByLabel("Time zone").fill("America/New_York");
  await dialog.getByLabel("Minimum payouts").fill("many USD");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("Enter one amount per line")).toBeVisible();
  // A currency that no other test uses.
  await dialog.getByLabel("Minimum payouts").fill("70.00 NZD");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("status")).toContainText("The settings were saved.");
  await expect(page.getByRole("region", { name: "Tenant" })).toContainText("NZ$70.00");

  const other = await (await browser.newContext({ baseURL: baseURL ?? "", locale: "en-US" })).newPage();
  await signIn(other, "alma", "auditor", "/staff/settings");
  await expect(other.getByRole("region", { name: "Tenant" })).toContainText("America/New_York");
  await expect(other.getByRole("button", { name: "Edit settings…" })).toHaveCount(0);
});

import {
  approveAndPay, createPartner, expect, expectAccessible, expectFitsWidth, mutate, recordInvoice, request, signIn,
  test,
} from "./support";

const HEBREW = "\u05d7\u05d1\u05e8\u05ea \u05d0\u05d5\u05e8";
const TENANT = { name: "Demo GmbH", addressLines: ["Weg 2", "10115 Berlin"], country: "DE", vatId: "DE123456789" };

test("an admin states the legal identity of the tenant, other staff only see it", async ({ page, browser, baseURL }) => {
  await signIn(page, "ada", "admin", "/staff/settings");
  const section = page.getByRole("region", { name: "Legal identity" });
  await section.getByRole("button", { name: "Edit legal identity…" }).click();
  const dialog = page.getByRole("dialog", { name: "Edit legal identity" });
  await dialog.getByLabel("Legal name").fill(TENANT.name);
  await dialog.getByLabel("Address").fill(TENANT.addressLines.join("\n"));
  await dialog.getByLabel("Country").selectOption("Germany");
  await dialog.getByLabel("VAT ID").fill("DE12345");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("is not a VAT identification number of DE")).toBeVisible();
  await expect(dialog.getByLabel("VAT ID")).toBeFocused();
  await expectAccessible(page);
  await dialog.getByLabel("VAT ID").fill("DE 123 456 789");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(section.getByRole("status")).toContainText("The legal identity was saved.");
  await expect(section).toContainText("10115 Berlin");
  await expect(section).toContainText("DE123456789");
  await expectAccessible(page);

  const other = await browser.newPage({ baseURL: baseURL! });
  await signIn(other, "alma", "auditor", "/staff/settings");
  await expect(other.getByRole("region", { name: "Legal identity" })).toContainText(TENANT.name);
  await expect(other.getByRole("button", { name: "Edit legal identity…" })).toHaveCount(0);
  await other.close();
});

test("a partner agrees to self-billing, and its next payout has an invoice", async ({ page }) => {
  await mutate("updateTenantLegal", TENANT, "tenant { id }");
  const partner = await createPartner();
  await signIn(page, partner.user, "partner", "/partners/statements");
  const section = page.getByRole("region", { name: "Legal identity" });
  await expect(section).toContainText("No legal identity yet");
  await section.getByRole("button", { name: "Edit legal identity…" }).click();
  const dialog = page.getByRole("dialog", { name: "Edit legal identity" });
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByLabel("Legal name")).toBeFocused();
  await dialog.getByLabel("Legal name").fill(`${HEBREW} 7`);
  await dialog.getByLabel("Address").fill("Ring 1\n1010 Wien");
  await dialog.getByLabel("Country").selectOption("Austria");
  await dialog.getByLabel("VAT ID").fill("ATU12345678");
  await dialog.getByLabel("Self-billing agreed on").fill("2026-01-01");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByLabel("Tax treatment")).toBeFocused();
  await dialog.getByLabel("Tax treatment").selectOption("Exempt from VAT");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByLabel("Tax note")).toBeFocused();
  await expectAccessible(page);
  await dialog.getByLabel("Tax treatment").selectOption("Reverse charge");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(section).toContainText("self-billing invoices");
  await expect(section.locator("bdi").first()).toHaveText(`${HEBREW} 7`);
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectFitsWidth(page);
  await page.setViewportSize({ width: 1280, height: 800 });

  const payout = await approveAndPay(partner, [await recordInvoice(partner, "1000.00", 3)]);
  await mutate("completePayout", { id: payout, paymentReference: "WIRE-7" }, "payout { id }");
  const query = "query ($id: ID!) { payout(id: $id) { statement { number kind } } }";
  const { number, kind } = (await request(query, { id: payout })).payout.statement;
  expect(kind).toBe("SELF_BILLED_INVOICE");
  await page.reload();
  await page.getByLabel("Kind").selectOption("Self-billing invoice");
  await expect(page.getByTestId("statement-row")).toContainText(number);
  await expect(page.getByTestId("statement-row")).toContainText("Self-billing invoice");
  for (const format of ["CSV", "PDF", "Excel"]) {
    const started = page.waitForEvent("download");
    await page.getByRole("button", { name: `${format} of statement ${number}` }).click();
    expect((await started).suggestedFilename()).toContain(number);
  }
});

test("only owners and admins of a partner change its legal identity, and support does", async ({ page, browser, baseURL }) => {
  const partner = await createPartner();
  const identity = { name: "Quercus Ltd", addressLines: ["1 Oak Way"], country: "GB" };
  await mutate("updatePartnerLegal", { partnerId: partner.id, ...identity }, "partner { id }");
  const clerk = `clerk-${partner.user}`;
  await mutate(
    "addPartnerUser",
    { partnerId: partner.id, userId: clerk, email: "clerk@example.com", role: "FINANCE" },
    "partnerUser { id }",
  );
  await signIn(page, clerk, "partner", "/partners/statements");
  await expect(page.getByRole("region", { name: "Legal identity" })).toContainText("Quercus Ltd");
  await expect(page.getByRole("button", { name: "Edit legal identity…" })).toHaveCount(0);

  const context = await browser.newContext({ baseURL: baseURL! });
  const staff = await context.newPage();
  await signIn(staff, "sue", "support", `/staff/partners/${partner.id}`);
  const section = staff.getByRole("region", { name: "Legal identity" });
  await section.getByRole("button", { name: "Edit legal identity…" }).click();
  const dialog = staff.getByRole("dialog", { name: "Edit legal identity" });
  await dialog.getByLabel("Legal name").fill("Quercus Quarries Ltd");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(section).toContainText("Quercus Quarries Ltd");
  await expect(section).toContainText("United Kingdom");
  await expectAccessible(staff);
  await context.close();
});

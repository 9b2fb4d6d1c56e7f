import { randomUUID } from "node:crypto";

import type { Page } from "@playwright/test";

import { createPartner, createToken, expect, expectAccessible, expectFitsWidth, mutate, recordInvoice, signIn, submitToken, test, visit } from "./support";

/** The results of a search; the filters of a page have options, too. */
const results = (page: Page) => page.getByRole("listbox", { name: "Results" }).getByRole("option");

test("a search opens what it finds, by keyboard alone", async ({ page }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "100.00");
  await signIn(page, "fiona", "finance", "/staff/payouts");
  await page.locator("main").click();
  await page.keyboard.press("/");
  const field = page.getByRole("combobox", { name: "Search" });
  await expect(field).toBeFocused();
  await field.fill(partner.customer.toUpperCase());
  const options = results(page);
  await expect(options).toHaveCount(2);
  await expect(options.first()).toContainText("Account");
  await expect(options.first()).toContainText(`Customer: ${partner.customer}`);
  await expect(page.getByRole("search", { name: "Everything" }).getByText("2 results")).toBeAttached();
  await expectAccessible(page);

  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(options.nth(1)).toHaveAttribute("aria-selected", "true");
  await expect(field).toHaveAttribute("aria-activedescendant", (await options.nth(1).getAttribute("id")) ?? "");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/staff\/commissions\?event=/);
  await expect(page.getByRole("dialog")).toContainText("Quercus Quarries");
});

test("a search finds partners by name, closes on Escape, and says when it finds nothing", async ({ page }) => {
  const partner = await createPartner();
  await signIn(page, "fiona", "finance", "/staff/partners");
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "Search" });
  await field.fill(partner.name.toLowerCase());
  await expect(results(page)).toHaveCount(1);
  await page.keyboard.press("Escape");
  await expect(results(page)).toHaveCount(0);
  await field.fill(`${partner.name} x`);
  await expect(page.getByText("Nothing begins with this text.")).toBeVisible();
  await field.fill(partner.name);
  await results(page).click();
  await expect(page).toHaveURL(new RegExp(`/staff/partners/${partner.id}$`));
  await expect(page.getByRole("heading", { level: 1 })).toContainText(partner.name);
});

test("a slash in a field is a slash", async ({ page }) => {
  await signIn(page, "fiona", "finance", "/staff/partners");
  const field = page.getByRole("searchbox", { name: "Name or number" });
  await field.click();
  await page.keyboard.type("a/b");
  await expect(field).toHaveValue("a/b");
  await expect(page).toHaveURL(/search=a%2Fb/);
});

test("partner users search among their own", async ({ page }) => {
  const [own, other] = [await createPartner(), await createPartner()];
  await recordInvoice(own, "100.00");
  await recordInvoice(other, "100.00");
  await page.setViewportSize({ width: 360, height: 740 });
  await signIn(page, own.user, "partner");
  // A navigation moves the focus to the heading.
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const field = page.getByRole("combobox", { name: "Search" });
  await field.fill(other.customer);
  await expect(page.getByText("Nothing begins with this text")).toBeVisible();
  await field.fill(own.customer);
  await expect(results(page)).toHaveCount(2);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await results(page).filter({ hasText: "Commission" }).click();
  await expect(page).toHaveURL(/\/partners\/revenue\?partner=.*event=/);
  await expect(page.getByRole("dialog")).toBeVisible();
});

test("a view is saved, shared, opened by its address, changed and deleted", async ({ page, browser }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "100.00");
  const reference = `INV-${randomUUID()}`;
  const invoice = { invoiceId: reference, customerId: partner.customer, totalAmount: { amount: "50.00", currency: "USD" } };
  await mutate("recordInvoicePaid", { ...invoice, paidAt: new Date().toISOString() }, "outcome");

  await signIn(page, "fiona", "finance", "/staff/commissions");
  await page.getByLabel("Invoice begins with").fill(reference.toLowerCase());
  await page.getByRole("button", { name: "Commission", exact: false }).filter({ hasText: /^Commission/ }).click();
  await expect(page.getByTestId("commission-row")).toHaveCount(1);
  await expect(page.getByRole("columnheader", { name: /^Commission/ })).toHaveAttribute("aria-sort", "descending");
  await page.getByRole("button", { name: "Save view…" }).click();
  const name = `View ${randomUUID().slice(-8)}`;
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Share with all staff").check();
  await page.getByRole("button", { name: "Save view", exact: true }).click();
  await expect(page.getByText(`Saved ${name}`.replace(name, ""))).toBeVisible();
  await expect(page).toHaveURL(/view=/);
  await expectAccessible(page);
  const id = new URL(page.url()).searchParams.get("view");

  const colleague = await browser.newPage();
  await colleague.goto(`/staff/commissions?view=${id}`);
  await submitToken(colleague, await createToken("anna", "auditor"));
  await expect(colleague.getByTestId("commission-row")).toHaveCount(1);
  await expect(colleague.getByLabel("Invoice begins with")).toHaveValue(reference.toLowerCase());
  await expect(colleague.getByRole("link", { name: new RegExp(name) })).toHaveAttribute("aria-current", "page");
  await expect(colleague.getByRole("button", { name: "Delete view…" })).toBeHidden();
  await colleague.close();

  await page.getByLabel("Invoice begins with").fill("INV-");
  await page.getByRole("button", { name: "Update view" }).click();
  await expect(page.getByText("was changed.")).toBeVisible();
  await page.getByRole("button", { name: "Rename or share…" }).click();
  await page.getByLabel("Name", { exact: true }).fill("");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("must not be empty")).toBeVisible();
  await page.getByLabel("Name", { exact: true }).fill(`${name} b`);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("link", { name: `${name} b` })).toBeVisible();
  await page.getByRole("button", { name: "Delete view…" }).click();
  await page.getByRole("button", { name: "Delete view", exact: true }).click();
  await expect(page.getByRole("link", { name: `${name} b` })).toBeHidden();
  await expect(page).not.toHaveURL(/view=/);
});

test("views of the invoices and of the audit trail are saved", async ({ page }) => {
  const partner = await createPartner();
  for (const [path, field, value, row] of [
    ["/staff/invoices", "Customer id", partner.customer, "No such invoices."],
    ["/staff/audit", "What", "createPartner", partner.name],
  ] as const) {
    await signIn(page, "fiona", "finance", path);
    await page.getByLabel(field).fill(value);
    await expect(page.getByText(row).first()).toBeVisible();
    await page.getByRole("button", { name: "Save view…" }).click();
    const name = `View ${randomUUID().slice(-8)}`;
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("button", { name: "Save view", exact: true }).click();
    await expect(page).toHaveURL(/view=/);
    const id = new URL(page.url()).searchParams.get("view");
    await page.goto(`${path}?view=${id}`);
    await expect(page.getByLabel(field)).toHaveValue(value);
    await page.getByRole("button", { name: "Delete view…" }).click();
    await page.getByRole("button", { name: "Delete view", exact: true }).click();
    await expect(page.getByLabel(field)).toHaveValue("");
    await page.getByRole("button", { name: "Sign out" }).click();
  }
});

test("filters are in the address, and an impossible one says why", async ({ page }) => {
  const partner = await createPartner();
  await signIn(page, "fiona", "finance", `/staff/partners?search=${encodeURIComponent(partner.name)}`);
  await expect(page.getByRole("link", { name: partner.name })).toBeVisible();
  await page.getByLabel("Status").selectOption("Suspended");
  await expect(page.getByText("No partners match these filters.")).toBeVisible();
  await page.getByRole("button", { name: "Clear" }).click();
  await expect(page).toHaveURL(/\/staff\/partners\??$/);
  await expect(page.getByLabel("Name or number")).toHaveValue("");

  await page.goto("/staff/payouts?min=10.00");
  await expect(page.getByText("Choose a currency: amounts in different currencies are not compared.")).toBeVisible();
  await page.goto("/staff/payouts?from=2026-03-02&to=2026-03-01");
  await expect(page.getByText("the end is before the start", { exact: false })).toBeVisible();
});

for (const [scheme, width] of [["light", 1600], ["dark", 360]] as const) {
  test(`the lists of staff are accessible and fit with all filters: ${scheme}, ${width} wide`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 800 });
    await signIn(page, "fiona", "finance", "/staff/commissions?from=2020-01-01");
    for (const path of ["commissions", "accounts", "leads", "partners", "payouts", "invoices", "audit"]) {
      await visit(page, `/staff/${path}?from=2020-01-01`);
      await expect(page.getByRole("button", { name: "Save view…" })).toBeVisible();
      await expectAccessible(page);
      await expectFitsWidth(page);
    }
  });
}

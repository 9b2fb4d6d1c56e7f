import type { Page } from "@playwright/test";

import {
  addUser, createPartner, createToken, expect, expectAccessible, expectFitsWidth, expectLoaded, expectReadable, mutate, signIn,
  statCard, submitToken, test, visit,
} from "./support";

test("the sign-in form accepts a token, and shows why it rejects one", async ({ page, monitor }) => {
  await page.goto("/partners/payouts");
  await expect(page).toHaveTitle("Sign in · revshare");
  await expectAccessible(page);
  const error = page.getByRole("alert");
  await submitToken(page, "no token");
  await expect(error).toContainText("This is not a token: it contains spaces");
  await submitToken(page, "no.such.token");
  await expect(error).toContainText(/invalid|token/i);
  expect(monitor.problems.splice(0)).toHaveLength(1);
  await submitToken(page, await createToken("billing", "billing"));
  await expect(error).toContainText("is a service account, which can use the API but not the portal.");
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await submitToken(page, `Bearer ${await createToken("paula", "partner")}`);
  // The page that was requested.
  await expect(page.getByRole("heading", { name: "Payouts", exact: true })).toBeVisible();
  await expect(page).toHaveURL(/\/partners\/payouts$/);
  await expect(page).toHaveTitle("Payouts · revshare");
  await page.getByRole("link", { name: "Accounts", exact: true }).click();
  await expect(page).toHaveTitle("Managed accounts · revshare");
});

test("a user of the demo signs in with one click on a local server", async ({ page }) => {
  await page.goto("/");
  const demo = page.getByRole("region", { name: "Or try the demo as" });
  await expect(demo.getByRole("button")).toHaveCount(4);
  await demo.getByRole("button", { name: /^paula/ }).click();
  await expect(statCard(page, "Outstanding balance")).toContainText("$");
  await expect(page.getByRole("banner")).toContainText("paula");
});

test("a reload stays signed in, and the token is stored in this tab only, until sign-out", async ({ page }) => {
  await signIn(page, "paula", "partner");
  await page.reload();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  const stored = await page.evaluate(() => [...Object.values(localStorage), document.cookie, location.href].join(" "));
  expect(stored).not.toContain("eyJ");
  const other = await page.context().newPage();
  await other.goto("/");
  await expect(other.getByLabel("Token", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByLabel("Token", { exact: true })).toBeVisible();
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await page.reload();
  await expect(page.getByLabel("Token", { exact: true })).toBeVisible();
});

test("the next user does not land on the page of the previous one", async ({ page }) => {
  await signIn(page, "sam", "partner", "/partners/accounts");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/$/);
  await submitToken(page, await createToken("fiona", "finance"));
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
});

test("a user of several partners switches between them", async ({ page }) => {
  const [one, two] = [await createPartner("USD"), await createPartner("EUR")];
  await addUser(two.id, one.user);
  await signIn(page, one.user, "partner");
  const partnerSelect = page.getByLabel("Partner", { exact: true });
  await expect(partnerSelect.getByRole("option")).toHaveCount(2);
  await partnerSelect.selectOption(two.name);
  await expect(statCard(page, "Outstanding balance")).toContainText("€0.00");
  await expect(page).toHaveURL(new RegExp(`partner=${two.id}`));
  // The selection persists from page to page.
  await page.getByRole("link", { name: "Accounts", exact: true }).click();
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText(two.customer);
  await partnerSelect.selectOption(one.name);
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText(one.customer);
  await page.goBack();
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText(two.customer);
});

test("a user without a partner sees why the sign-in is rejected", async ({ page, monitor }) => {
  const partner = await createPartner();
  const formerUser = `former-${partner.user}`;
  const id = await addUser(partner.id, formerUser);
  await mutate("deactivatePartnerUser", { id }, "partnerUser { id }");
  await page.goto("/");
  await submitToken(page, await createToken(formerUser, "partner"));
  await expect(page.getByRole("alert")).toContainText(/partner/);
  expect(monitor.problems.splice(0).every((problem) => problem.includes("403"))).toBe(true);
});

test("an unknown URL is not found, and the pages of staff are closed to partners", async ({ page }) => {
  await signIn(page, "paula", "partner", "/partners/unknown");
  await expect(page.getByRole("heading", { name: "Not found" })).toBeVisible();
  await expect(page).toHaveTitle("Not found · revshare");
  await page.goto("/staff");
  await expect(page.getByText("These pages are for staff.")).toBeVisible();
  await expect(page).toHaveTitle("Staff only · revshare");
  await expectAccessible(page);
});

/** Expects that a page is accessible and fits, in light and in dark colours. */
async function expectGoodLook(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: "light" });
  await expectAccessible(page);
  await expectFitsWidth(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await expectReadable(page);
}

for (const width of [360, 1600]) {
  test(`every page is accessible and fits in light and dark, ${width} wide`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await page.goto("/");
    await expect(page.getByLabel("Token", { exact: true })).toBeVisible();
    await expectGoodLook(page);
    await submitToken(page, await createToken("paula", "partner"));
    await expect(page.locator(".recharts-bar-rectangle path").first()).toBeVisible();
    for (const path of ["revenue", "commissions", "payouts", "referrals", "accounts", "terms"]) {
      await visit(page, `/partners/${path}`);
      await expect(page.getByRole("table").first()).toBeVisible();
      await expectGoodLook(page);
    }
    await page.getByRole("button", { name: "Sign out" }).click();
    await submitToken(page, await createToken("ada", "admin"));
    await expectLoaded(page);
    for (const path of ["", "/payouts", "/partners", "/invoices", "/reconciliation", "/settings"]) {
      await visit(page, `/staff${path}`);
      await expect(page.getByRole("heading", { level: 2 }).first()).toBeVisible();
      await expectGoodLook(page);
    }
  });
}

test("the portal can be used with the keyboard", async ({ page }) => {
  const token = await createToken("paula", "partner");
  await page.goto("/partners/revenue");
  const field = page.getByLabel("Token", { exact: true });
  await expect(field).toBeFocused();
  await page.keyboard.type(token);
  await expect(field).toHaveValue(token);
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  const link = page.getByTestId("commission-row").first().getByRole("link").first();
  await link.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Commission" });
  await expect(dialog).toContainText("Calculation");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(link).toBeFocused();
  await page.getByRole("link", { name: "Referrals", exact: true }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Referrals", level: 1 })).toBeFocused();
});

import { card, demandAccessible, demandFits, expect, partner, act, signIn, test, token } from "./support";

test("the door takes a token, and says why it does not", async ({ page, watched }) => {
  await page.goto("/partners/payouts");
  await expect(page).toHaveTitle("Sign in · revshare");
  await demandAccessible(page);
  const field = page.getByLabel("Token", { exact: true });
  const enter = page.getByRole("button", { name: "Sign in", exact: true });
  const reason = page.getByRole("alert");
  await field.fill("no token");
  await enter.click();
  await expect(reason).toContainText("This is not a token: it has spaces");
  await field.fill("no.such.token");
  await enter.click();
  await expect(reason).toContainText(/token/);
  expect(watched.faults.splice(0)).toHaveLength(1);
  await field.fill(await token("billing", "billing"));
  await enter.click();
  await expect(reason).toContainText("billing is a service: it has the API, and no pages.");
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await field.fill(`Bearer ${await token("paula", "partner")}`);
  await enter.click();
  // Where one wanted to go.
  await expect(page.getByRole("heading", { name: "Payouts", exact: true })).toBeVisible();
  await expect(page).toHaveURL(/\/partners\/payouts$/);
  await expect(page).toHaveTitle("Payouts · revshare");
  await page.getByRole("link", { name: "Accounts", exact: true }).click();
  await expect(page).toHaveTitle("Managed accounts · revshare");
});

test("a persona of the demo is picked on a server at this machine", async ({ page }) => {
  await page.goto("/");
  const demo = page.getByRole("region", { name: "Or try the demo as" });
  await expect(demo.getByRole("button")).toHaveCount(4);
  await demo.getByRole("button", { name: /^paula/ }).click();
  await expect(card(page, "Outstanding balance")).toContainText("$");
  await expect(page.getByRole("banner")).toContainText("paula");
});

test("a reload stays signed in, and a token is kept in this tab only, until one signs out", async ({ page }) => {
  await signIn(page, "paula", "partner");
  await page.reload();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  const places = await page.evaluate(() => [...Object.values(localStorage), document.cookie, location.href].join(" "));
  expect(places).not.toContain("eyJ");
  const other = await page.context().newPage();
  await other.goto("/");
  await expect(other.getByLabel("Token", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByLabel("Token", { exact: true })).toBeVisible();
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await page.reload();
  await expect(page.getByLabel("Token", { exact: true })).toBeVisible();
});

test("who signs in after another has pages of their own", async ({ page }) => {
  await signIn(page, "sam", "partner", "/partners/accounts");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/$/);
  await page.getByLabel("Token", { exact: true }).fill(await token("fiona", "finance"));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Work queue" })).toBeVisible();
});

test("a user of several partners switches between them", async ({ page }) => {
  const [one, two] = [await partner("USD"), await partner("EUR")];
  await act("addPartnerUser", { partnerId: two.id, userId: one.user, email: "u@example.com", role: "OWNER" }, "partnerUser { id }");
  await signIn(page, one.user, "partner");
  const choice = page.getByLabel("Partner");
  await expect(choice.getByRole("option")).toHaveCount(2);
  await choice.selectOption(two.name);
  await expect(card(page, "Outstanding balance")).toContainText("€0.00");
  await expect(page).toHaveURL(new RegExp(`partner=${two.id}`));
  // It stays the same from page to page.
  await page.getByRole("link", { name: "Accounts", exact: true }).click();
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText(two.customer);
  await choice.selectOption(one.name);
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText(one.customer);
  await page.goBack();
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText(two.customer);
});

test("a user of no partner is told so", async ({ page, watched }) => {
  const gone = await partner();
  const { partnerUser } = await act("addPartnerUser", { partnerId: gone.id, userId: `x-${gone.user}`, email: "x@example.com", role: "OWNER" }, "partnerUser { id }");
  await act("deactivatePartnerUser", { id: partnerUser.id }, "partnerUser { id }");
  await page.goto("/");
  await page.getByLabel("Token", { exact: true }).fill(await token(`x-${gone.user}`, "partner"));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByText(/not linked to (any|a) partner/)).toBeVisible();
  expect(watched.faults.splice(0).every((fault) => fault.includes("403"))).toBe(true);
});

test("an address that there is not says so; pages of staff are not for partners", async ({ page }) => {
  await signIn(page, "paula", "partner", "/partners/nothing");
  await expect(page.getByRole("heading", { name: "Not found" })).toBeVisible();
  await expect(page).toHaveTitle("Not found · revshare");
  await page.goto("/staff");
  await expect(page.getByText("These pages are for staff.")).toBeVisible();
  await expect(page).toHaveTitle("For staff · revshare");
  await demandAccessible(page);
});

for (const scheme of ["light", "dark"] as const) {
  for (const width of [360, 1600]) {
    test(`every page is accessible and fits: ${scheme}, ${width} wide`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 800 });
      await page.goto("/");
      await expect(page.getByLabel("Token", { exact: true })).toBeVisible();
      await demandAccessible(page);
      await demandFits(page);
      await signIn(page, "paula", "partner");
      await expect(page.locator(".recharts-bar-rectangle path").first()).toBeVisible();
      for (const path of ["revenue", "payouts", "referrals", "accounts"]) {
        await page.goto(`/partners/${path}`);
        await expect(page.getByRole("table").first()).toBeVisible();
        await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
        await demandAccessible(page);
        await demandFits(page);
      }
      await page.getByRole("button", { name: "Sign out" }).click();
      await signIn(page, "ada", "admin");
      for (const path of ["", "/payouts", "/partners", "/reconciliation"]) {
        await page.goto(`/staff${path}`);
        await expect(page.getByRole("heading", { level: 2 }).first()).toBeVisible();
        await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
        await demandAccessible(page);
        await demandFits(page);
      }
    });
  }
}

test("everything can be done by keyboard", async ({ page }) => {
  await page.goto("/partners/revenue");
  await page.keyboard.type(await token("paula", "partner"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the page" })).toBeFocused();
  const link = page.getByTestId("commission-row").first().getByRole("link").first();
  await link.focus();
  await page.keyboard.press("Enter");
  const sheet = page.getByRole("dialog", { name: "Commission" });
  await expect(sheet).toContainText("How it came about");
  await page.keyboard.press("Escape");
  await expect(sheet).toHaveCount(0);
  await expect(link).toBeFocused();
  await page.getByRole("link", { name: "Referrals", exact: true }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Referrals", level: 1 })).toBeFocused();
});

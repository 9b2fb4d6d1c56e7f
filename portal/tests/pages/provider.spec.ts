import { expect, type Page, test } from "@playwright/test";

import { demandAccessible } from "./support";

// A server whose people sign in at an identity provider (tests/provider.mjs): OpenID Connect, code flow with PKCE.

const enter = (page: Page) => page.getByRole("button", { name: "Sign in with your organization" });

/** Signs in at the provider, and lets the portal in. */
async function atProvider(page: Page, user: string) {
  await page.getByPlaceholder("Enter any login").fill(user);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

test("people sign in at the provider and come to where they wanted; the session is renewed, and ends in both places", async ({ page, baseURL }) => {
  const sent: string[] = [];
  const tokens = new Set<string>();
  page.on("request", async (request) => {
    if (request.isNavigationRequest()) sent.push(request.url());
    const token = (await request.allHeaders()).authorization;
    if (token) tokens.add(token);
  });
  await page.goto("/partners/payouts?status=COMPLETED");
  await expect(enter(page)).toBeFocused();
  await demandAccessible(page);
  await enter(page).click();
  await atProvider(page, "paula");
  await expect(page.getByRole("heading", { name: "Payouts", exact: true })).toBeVisible();
  await expect(page).toHaveURL(`${baseURL}/partners/payouts?status=COMPLETED`);
  await expect(page.getByRole("table", { name: "Payouts" })).toContainText("WIRE-");
  const asked = new URL(sent.find((url) => url.includes("/auth?"))!);
  expect(asked.searchParams.get("code_challenge_method")).toBe("S256");
  expect(asked.searchParams.get("response_type")).toBe("code");

  // The token ends after 65 seconds, and is renewed a minute before that.
  await page.waitForFunction((first) => sessionStorage.getItem("revshare.token") !== first, await page.evaluate(() => sessionStorage.getItem("revshare.token")));
  await page.reload();
  await expect(page.getByRole("table", { name: "Payouts" })).toContainText("WIRE-");
  await page.getByRole("link", { name: "Accounts", exact: true }).click();
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText("cust-birch");
  expect(tokens.size).toBeGreaterThan(1);

  await page.getByRole("button", { name: "Sign out" }).click();
  // The provider asks whether to sign out there, too.
  await page.getByRole("button", { name: /Yes, sign me out/ }).click();
  await expect(enter(page)).toBeVisible();
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await enter(page).click();
  await expect(page.getByPlaceholder("Enter any login")).toBeVisible();
});

test("who is let in by the provider and not by the server is told why", async ({ page }) => {
  await page.goto("/");
  await enter(page).click();
  await atProvider(page, "nobody-we-know");
  await expect(page.getByRole("alert")).toContainText(/not linked to (any|a) partner/);
  await expect(enter(page)).toBeVisible();
});

test("an answer that nobody asked for signs nobody in", async ({ page }) => {
  await page.goto("/sign-in?code=stolen&state=unknown");
  await expect(page.getByRole("alert")).toContainText("The identity provider did not sign you in");
  await expect(enter(page)).toBeVisible();
  await page.goto("/sign-in?error=access_denied&state=unknown");
  await expect(page.getByRole("alert")).toContainText("The identity provider did not sign you in");
});

test("a token is the other way in", async ({ page }) => {
  await page.goto("/");
  await page.getByText("Sign in with a token").click();
  await page.getByLabel("Token", { exact: true }).fill("no.such.token");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText(/token/);
});

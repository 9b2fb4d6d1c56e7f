import { expect, type Page, test } from "@playwright/test";

import { expectAccessible, submitToken } from "./support";

// Tests a server with an OpenID Connect provider, tests/oidc-provider.mjs.

const providerButton = (page: Page) => page.getByRole("button", { name: "Sign in with your organization" });

/** Signs in on the pages of the provider, and consents to the access of the portal. */
async function signInAtProvider(page: Page, user: string) {
  await page.getByPlaceholder("Enter any login").fill(user);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

test("sign-in returns to the requested page, and sign-out ends both sessions", async ({ page, baseURL }) => {
  const navigations: string[] = [];
  const tokens = new Set<string>();
  page.on("request", async (request) => {
    if (request.isNavigationRequest()) navigations.push(request.url());
    const token = (await request.allHeaders()).authorization;
    if (token) tokens.add(token);
  });
  await page.goto("/partners/payouts?status=COMPLETED");
  await expect(providerButton(page)).toBeFocused();
  await expectAccessible(page);
  await providerButton(page).click();
  await signInAtProvider(page, "paula");
  await expect(page.getByRole("heading", { name: "Payouts", exact: true })).toBeVisible();
  await expect(page).toHaveURL(`${baseURL}/partners/payouts?status=COMPLETED`);
  await expect(page.getByRole("table", { name: "Payouts" })).toContainText("WIRE-");
  const authorization = new URL(navigations.find((url) => url.includes("/auth?"))!);
  expect(authorization.searchParams.get("code_challenge_method")).toBe("S256");
  expect(authorization.searchParams.get("response_type")).toBe("code");

  // The token expires after 65 seconds, and is renewed a minute before that.
  const firstToken = await page.evaluate(() => sessionStorage.getItem("revshare.token"));
  await page.waitForFunction((token) => sessionStorage.getItem("revshare.token") !== token, firstToken);
  await page.reload();
  await expect(page.getByRole("table", { name: "Payouts" })).toContainText("WIRE-");
  await page.getByRole("link", { name: "Accounts", exact: true }).click();
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText("cust-birch");
  expect(tokens.size).toBeGreaterThan(1);

  await page.getByRole("button", { name: "Sign out" }).click();
  // The provider asks for confirmation.
  await page.getByRole("button", { name: /Yes, sign me out/ }).click();
  await expect(providerButton(page)).toBeVisible();
  await expect.poll(() => page.evaluate(() => sessionStorage.length)).toBe(0);
  await providerButton(page).click();
  await expect(page.getByPlaceholder("Enter any login")).toBeVisible();
});

test("a user of the provider without a partner sees why the server rejects the sign-in", async ({ page }) => {
  await page.goto("/");
  await providerButton(page).click();
  await signInAtProvider(page, "unknown-user");
  await expect(page.getByRole("alert")).toContainText(/partner/);
  await expect(providerButton(page)).toBeVisible();
});

test("a callback without a pending sign-in is rejected", async ({ page }) => {
  await page.goto("/sign-in?code=stolen&state=unknown");
  await expect(page.getByRole("alert")).toContainText("Sign-in at the identity provider failed");
  await expect(providerButton(page)).toBeVisible();
  await page.goto("/sign-in?error=access_denied&state=unknown");
  await expect(page.getByRole("alert")).toContainText("Sign-in at the identity provider failed");
});

test("the form accepts a token as an alternative", async ({ page }) => {
  await page.goto("/");
  await page.getByText("Sign in with a token").click();
  await submitToken(page, "no.such.token");
  await expect(page.getByRole("alert")).toContainText(/invalid|token/i);
});

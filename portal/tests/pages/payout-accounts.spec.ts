import { addUser, createPartner, expect, expectAccessible, expectFinePage, mutate, signIn, test } from "./support";
import { answer, connected, connectedPartner, STRIPE } from "./stripe";

const ACCOUNT = {
  __typename: "PayoutAccount",
  id: crypto.randomUUID(),
  rail: "STRIPE",
  status: "INCOMPLETE",
  destination: "…Ab12",
  isLive: false,
  requirements: ["external_account", "individual.first_name", "individual.last_name", "something.new"],
  disabledReason: "requirements.past_due",
  createdAt: new Date().toISOString(),
  checkedAt: new Date().toISOString(),
  holder: null,
  country: null,
  acceptsSepa: false,
  createdBy: null,
  confirmedAt: null,
  confirmedBy: null,
};

const withAccounts = (accounts: object[]) => (data: any) => {
  data.partner.payoutAccounts = accounts;
  if (data.viewer) data.viewer.tenant.payoutRails = ["STRIPE"];
  return data;
};

test("an admin connects Stripe; other staff see which account, and since when it is broken", async ({ page, browser, baseURL }) => {
  let sent: any = null;
  await answer(page, {
    StripeState: () => connected(sent && STRIPE).StripeState(),
    ConnectStripe: (_, { input }) => {
      sent = input;
      return { connectStripe: { __typename: "StripeConnectionPayload", stripeConnection: STRIPE, userErrors: [] } };
    },
  });
  await signIn(page, "ada", "admin", "/staff/settings");
  const section = page.getByRole("region", { name: "Stripe", exact: true });
  await expect(section).toContainText("Not connected: payouts are paid by hand.");
  await expect(section).toContainText("/webhooks/stripe/demo");
  await section.getByRole("button", { name: "Connect Stripe…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(dialog.getByLabel("Secret or restricted key")).toBeFocused();
  await expect(dialog.getByLabel("Secret or restricted key")).toHaveAttribute("type", "password");
  await dialog.getByLabel("Secret or restricted key").fill("rk_test_1");
  await dialog.getByLabel("Signing secret for your account").fill("whsec_1 whsec_2");
  await dialog.getByLabel("Signing secret for connected accounts").fill("whsec_3");
  await expectFinePage(page);
  await dialog.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(section).toContainText(/acct_1AbCdEf.*Test mode/);
  expect(sent).toEqual({ apiKey: "rk_test_1", webhookSecrets: ["whsec_1", "whsec_2", "whsec_3"] });
  await expect(page.getByText("rk_test_1")).toHaveCount(0);

  const other = await (await browser.newContext({ baseURL: baseURL ?? "", locale: "en-US" })).newPage();
  const broken = { ...STRIPE, isLive: true, brokenAt: new Date().toISOString(), brokenReason: "Expired API Key provided" };
  await answer(other, connected(broken));
  await signIn(other, "alma", "auditor", "/staff/settings");
  await expect(other.getByRole("alert")).toContainText("An admin has to enter a new key here.Expired API Key provided");
  await expect(other.getByRole("region", { name: "Stripe", exact: true })).toContainText("real money is moved");
  await expect(other.getByRole("button", { name: "Change the key…" })).toHaveCount(0);
  await expectFinePage(other);
});

test("a key that is none is rejected at its field", async ({ page, monitor }) => {
  await signIn(page, "ada", "admin", "/staff/settings");
  await page.getByRole("region", { name: "Stripe", exact: true }).getByRole("button").first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Secret or restricted key").fill("pk_live_1");
  await dialog.getByRole("button", { name: /^(Connect|Save)$/ }).click();
  await expect(dialog.getByText("this is a publishable key")).toBeVisible();
  await expect(dialog.getByLabel("Secret or restricted key")).toBeFocused();
  monitor.problems.splice(0);
});

test("a partner completes its account on the page of Stripe, in the same tab", async ({ page, baseURL }) => {
  const partner = await createPartner();
  let accounts: object[] = [];
  let account: object = ACCOUNT;
  const countries: unknown[] = [];
  await answer(page, {
    PayoutAccountPage: (data) => withAccounts(accounts)(data),
    StartStripeOnboarding: (_, { input }) => {
      countries.push(input.country);
      accounts = [account];
      const url = `${baseURL}/partners/payout-account?onboarding=expired`;
      const payload = { payoutAccount: account, url, expiresAt: new Date().toISOString(), userErrors: [] };
      return { startStripeOnboarding: { __typename: "StartStripeOnboardingPayload", ...payload } };
    },
  });
  await signIn(page, partner.user, "partner", "/partners/payout-account");
  await expect(page.getByText("You have no account at Stripe yet.")).toBeVisible();
  await expectFinePage(page);
  await page.getByLabel("Country of your business").selectOption("Germany");
  await page.getByRole("button", { name: "Open an account at Stripe" }).click();
  await expect(page.getByText("The page of Stripe was opened before")).toBeVisible();
  const section = page.getByRole("region", { name: "Account at Stripe" });
  await expect(section).toContainText("Stripe needs more details before you can be paid.");
  await expect(section.getByRole("listitem")).toHaveText([
    "a bank account or card to pay out to", "details of the person", "something.new",
  ]);
  await expectFinePage(page);
  const loaded = page.waitForEvent("load");
  await section.getByRole("button", { name: "Continue at Stripe" }).click();
  await loaded;
  // The partner comes back: its account is looked at at once, without a click.
  await expect.poll(() => countries).toEqual(["DE", undefined, undefined, undefined]);
  account = { ...ACCOUNT, status: "READY", requirements: [], disabledReason: null };
  const again = section.getByRole("button", { name: "Check again" });
  // The page may have asked by itself already, and then has no button any more.
  await expect(async () => {
    if ((await again.count()) > 0) await again.click({ timeout: 1_000 });
    await expect(section).toContainText("Your account is ready", { timeout: 3_000 });
  }).toPass();
  await expect(again).toHaveCount(0);
  await page.goto("/partners/payout-account");
  await expect(section).toContainText("Your account is ready");
  await expect(section.getByRole("button", { name: "Continue at Stripe" })).toHaveCount(0);
  await expectFinePage(page);
});

test("a partner without an account is led to it, and is not once its account is ready", async ({ page }) => {
  const partner = await createPartner();
  let accounts: readonly object[] = [];
  const seen = connectedPartner(() => accounts);
  await answer(page, {
    ...seen,
    PayoutAccountPage: (data) => seen.RevenuePage(withAccounts([...accounts])(data)),
  });
  await signIn(page, partner.user, "partner");
  const notice = page.getByRole("region", { name: "Your payout account" });
  await expect(notice).toContainText("You will be paid once you have opened an account.");
  await expectFinePage(page);
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Payouts" }).click();
  await expect(notice).toContainText("Set up your payout account");
  await notice.getByRole("link", { name: "Set up payout account" }).click();
  await expect(page.getByRole("heading", { name: "Payout account", level: 1 })).toBeFocused();
  await expect(page.getByRole("button", { name: "Open an account at Stripe" })).toBeVisible();
  await page.getByRole("link", { name: "How you earn" }).click();
  await expect(page.getByRole("link", { name: "See the account that you are paid to." })).toBeVisible();

  accounts = [ACCOUNT];
  await page.getByRole("link", { name: "Revenue", exact: true }).click();
  await page.reload();
  await expect(notice).toContainText("Stripe needs more details before you can be paid.");
  accounts = [{ ...ACCOUNT, status: "RESTRICTED" }];
  await page.reload();
  await expect(notice).toContainText("Your payout account is restricted");
  await expectFinePage(page);

  // What the page of the account finds out is known to the other pages.
  accounts = [{ ...ACCOUNT, status: "READY", requirements: [], disabledReason: null }];
  await notice.getByRole("link", { name: "Show payout account" }).click();
  await expect(page.getByText("Your account is ready")).toBeVisible();
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Payouts" }).click();
  await expect(page.getByRole("heading", { name: "Payouts", level: 1 })).toBeVisible();
  await expect(notice).toHaveCount(0);
});

test("if Stripe is not connected, nothing is offered there; an account manager only reads", async ({ page, browser, baseURL }) => {
  const partner = await createPartner();
  await answer(page, {
    PayoutAccountPage: (data) => {
      data.viewer.tenant.payoutRails = [];
      return data;
    },
  });
  await signIn(page, partner.user, "partner", "/partners/payout-account");
  await expect(page.getByRole("region", { name: "Bank account" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Account at Stripe" })).toHaveCount(0);
  await expectAccessible(page);

  const user = `manager-${partner.user}`;
  const input = { partnerId: partner.id, userId: user, email: `${user}@example.com`, role: "ACCOUNT_MANAGER" };
  await mutate("addPartnerUser", input, "partnerUser { id }");
  const other = await (await browser.newContext({ baseURL: baseURL ?? "", locale: "en-US" })).newPage();
  await answer(other, { PayoutAccountPage: withAccounts([ACCOUNT]) });
  await signIn(other, user, "partner", "/partners/payout-account");
  await expect(other.getByText("Owners and finance users of the partner open and complete the account.")).toBeVisible();
  await expect(other.getByText("Owners and finance users of the partner give the bank account.")).toBeVisible();
  await expect(other.getByRole("button", { name: /Stripe|account…/ })).toHaveCount(0);
});

test("staff open, link and end the account of a partner, and give the link to it once", async ({ page }) => {
  const partner = await createPartner();
  await addUser(partner.id, `second-${partner.user}`);
  let accounts: object[] = [];
  await answer(page, {
    ...connected(),
    PartnerPage: (data) => withAccounts(accounts)(data),
    StartStripeOnboarding: () => {
      accounts = [ACCOUNT];
      const payload = { payoutAccount: ACCOUNT, url: "https://connect.stripe.com/setup/1", expiresAt: new Date().toISOString(), userErrors: [] };
      return { startStripeOnboarding: { __typename: "StartStripeOnboardingPayload", ...payload } };
    },
    LinkStripeAccount: () => {
      const error = { __typename: "UserError", code: "ACCOUNT_NOT_READY", message: "Stripe refused: no such account", field: ["input", "account"], row: null };
      return { linkStripeAccount: { __typename: "PayoutAccountPayload", payoutAccount: null, userErrors: [error] } };
    },
    EndPayoutAccount: () => {
      accounts = [];
      return { endPayoutAccount: { __typename: "PayoutAccountPayload", payoutAccount: { ...ACCOUNT, status: "ENDED" }, userErrors: [] } };
    },
  });
  await signIn(page, "fiona", "finance", `/staff/partners/${partner.id}`);
  const section = page.getByRole("region", { name: "Payout account", exact: true });
  const dialog = page.getByRole("dialog");
  await section.getByRole("button", { name: "Link account…" }).click();
  await dialog.getByLabel("Id of the account").fill("acct_1AbC");
  await dialog.getByRole("button", { name: "Link account" }).click();
  await expect(dialog.getByText("Stripe refused: no such account")).toBeVisible();
  await expect(dialog.getByLabel("Id of the account")).toBeFocused();
  await page.keyboard.press("Escape");
  await section.getByRole("button", { name: "Open account…" }).click();
  await dialog.getByLabel("Country").selectOption("Germany");
  await dialog.getByRole("button", { name: "Open account", exact: true }).click();
  await expect(dialog.getByTestId("secret")).toHaveText("https://connect.stripe.com/setup/1");
  await expectFinePage(page);
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await expect(section).toContainText("Incomplete");
  await expectFinePage(page);
  await section.getByRole("button", { name: "End payout account…" }).click();
  await dialog.getByRole("button", { name: "End payout account" }).click();
  await expect(section).toContainText("paid by hand");
});

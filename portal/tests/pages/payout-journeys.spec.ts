import type { Page } from "@playwright/test";

import { type Hands, keyboard, mouse } from "./hands";
import { answer, attempt, connected, STRIPE } from "./stripe";
import { approveAndPay, createPartner, expect, expectFinePage, mutate, recordInvoice, signIn, test } from "./support";

/** A READY payout of 30.00. */
async function readyPayout(currency: string) {
  const partner = await createPartner(currency);
  return { partner, id: await approveAndPay(partner, [await recordInvoice(partner, "200.00", 4, currency)]) };
}

/** Connects Stripe in the settings. */
async function connectStripe(page: Page, hands: Hands) {
  let sent: any = null;
  await answer(page, {
    StripeState: () => connected(sent && STRIPE).StripeState(),
    ConnectStripe: (_, { input }) => {
      sent = input;
      return { connectStripe: { __typename: "StripeConnectionPayload", stripeConnection: STRIPE, userErrors: [] } };
    },
  });
  await signIn(page, "ada", "admin", "/staff/overview");
  await hands.press(page.getByRole("link", { name: "Settings" }));
  await hands.press(page.getByRole("button", { name: "Connect Stripe…" }));
  const dialog = page.getByRole("dialog");
  await hands.fill(dialog.getByLabel("Secret or restricted key"), "rk_test_1");
  await hands.fill(dialog.getByLabel("Signing secret for your account"), "whsec_1");
  await hands.fill(dialog.getByLabel("Signing secret for connected accounts"), "whsec_2");
  await hands.press(dialog.getByRole("button", { name: "Connect", exact: true }));
  await expect(page.getByRole("status").first()).toContainText("Connected to the Stripe account acct_1AbCdEf.");
  expect(sent).toEqual({ apiKey: "rk_test_1", webhookSecrets: ["whsec_1", "whsec_2"] });
  await expect(page.getByRole("button", { name: "Change the key…" })).toBeFocused();
}

/** Sends two payouts, of which one is skipped, and looks at the attempt of the other. */
async function send(page: Page, hands: Hands, currency: string) {
  const [one, two] = [await readyPayout(currency), await readyPayout(currency)];
  const made = attempt({ status: "SENDING", firstSentAt: new Date().toISOString() });
  await answer(page, {
    ...connected(),
    SendPayouts: (_, { input: { ids } }) => {
      const skipped = ids.includes(two.id) ? [{ __typename: "UnsentPayout", id: two.id, code: "ACCOUNT_NOT_READY", message: "no account" }] : [];
      return { sendPayouts: { __typename: "SendPayoutsPayload", sent: [], skipped, userErrors: [] } };
    },
    StaffPayouts: (data) => {
      data.payouts.nodes = data.payouts.nodes.filter(({ id }: any) => [one.id, two.id].includes(id));
      return data;
    },
    PayoutDetail: (data) => {
      if (data.payout.id === one.id) Object.assign(data.payout, { status: "PROCESSING", attempts: [made] });
      return data;
    },
  });
  await signIn(page, "fiona", "finance", `/staff/payouts?currency=${currency}&status=READY`);
  await expect(page.getByTestId("payout-row")).toHaveCount(2);
  await hands.tick(page.getByLabel("Select all on this page"));
  await hands.press(page.getByRole("button", { name: "Send selected by Stripe…" }).first());
  const dialog = page.getByRole("dialog");
  await hands.press(dialog.getByRole("button", { name: "Send by Stripe" }));
  await expect(dialog).toContainText("1 payout is being sent, 1 was not sent.");
  await expect(dialog.getByRole("listitem")).toContainText([two.partner.name]);
  await hands.press(dialog.getByRole("button", { name: "Close" }).last());
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await hands.press(page.getByTestId("payout-row").filter({ hasText: one.partner.name }).getByRole("link").first());
  await expect(dialog.getByTestId("payout-attempt")).toContainText("Sending");
  await expect(dialog).toContainText("The payout is being sent by Stripe.");
}

/** Finds the payout that needs attention, and resolves its attempt. */
async function resolve(page: Page, hands: Hands, currency: string) {
  const { id } = await readyPayout(currency);
  await mutate("startPayout", { id }, "payout { id }");
  const made = attempt({ status: "UNCERTAIN", code: "no_answer", message: "Stripe has not answered for 20 hours" });
  let isResolved = false;
  await answer(page, {
    ...connected(),
    WaitingCounts: (data) => {
      data.workQueue.payoutsWithAttention = isResolved ? 0 : 1;
      return data;
    },
    StaffPayouts: (data) => {
      data.payouts.nodes = data.payouts.nodes.filter((payout: any) => payout.id === id);
      for (const payout of data.payouts.nodes) payout.attention = isResolved ? null : "UNCERTAIN";
      return data;
    },
    PayoutDetail: (data) => {
      if (!isResolved) Object.assign(data.payout, { attention: "UNCERTAIN", attempts: [made] });
      return data;
    },
    ResolvePayoutAttempt: () => {
      isResolved = true;
      return { resolvePayoutAttempt: { __typename: "PayoutAttemptPayload", payoutAttempt: null, userErrors: [] } };
    },
  });
  await signIn(page, "fiona", "finance", `/staff/payouts?currency=${currency}`);
  await expect(page.getByRole("link", { name: "1 payout needs attention" })).toBeVisible();
  await expect(page.getByTestId("payout-row")).toContainText("Perhaps sent");
  await hands.press(page.getByTestId("payout-row").getByRole("link").first());
  const drawer = page.getByRole("dialog", { name: "Payout", exact: true });
  await hands.press(drawer.getByRole("button", { name: "Resolve…" }));
  const dialog = page.getByRole("dialog", { name: "Was the money sent?" });
  await hands.choose(dialog.getByLabel("What you found"), "The money was sent: complete the payout");
  await hands.fill(dialog.getByLabel("Id of the transfer"), "tr_1AbC");
  await hands.fill(dialog.getByLabel("How it was found out"), "in the dashboard of Stripe");
  await hands.press(dialog.getByRole("button", { name: "Resolve" }));
  await expect(drawer.getByRole("status")).toContainText("Payout completed");
  await expect(drawer.getByRole("heading", { name: "Payout", exact: true })).toBeFocused();
}

/** Returns a payout whose money came back. Nothing of it is made up: the server does it. */
async function returnMoney(page: Page, hands: Hands, currency: string) {
  const { id } = await readyPayout(currency);
  await mutate("completePayout", { id, paymentReference: "WIRE-9" }, "payout { id }");
  await signIn(page, "fiona", "finance", `/staff/payouts?currency=${currency}`);
  await hands.press(page.getByTestId("payout-row").first().getByRole("link").first());
  const drawer = page.getByRole("dialog", { name: "Payout", exact: true });
  await hands.press(drawer.getByRole("button", { name: "Return…" }));
  const dialog = page.getByRole("dialog", { name: "Has the money of this payout come back?" });
  await hands.fill(dialog.getByLabel("Reason"), "the account is closed");
  await expectFinePage(page);
  await hands.press(dialog.getByRole("button", { name: "Return", exact: true }));
  await expect(drawer).toContainText("Return reason: the account is closed");
  await expectFinePage(page);
}

const CURRENCIES = {
  mouse: { send: "MUR", resolve: "NPR", return: "LKR" },
  keyboard: { send: "MVR", resolve: "BTN", return: "BWP" },
};

for (const [name, handsOf] of [["mouse", () => mouse], ["keyboard", keyboard]] as const) {
  const { send: sent, resolve: resolved, return: returned } = CURRENCIES[name];
  test(`Stripe is connected with the ${name}`, async ({ page }) => connectStripe(page, handsOf(page)));
  test(`payouts are sent, and the skipped one is explained, with the ${name}`, async ({ page }) => send(page, handsOf(page), sent));
  test(`an uncertain payout is found and resolved with the ${name}`, async ({ page }) => resolve(page, handsOf(page), resolved));
  test(`the money of a payout that came back is returned with the ${name}`, async ({ page }) => returnMoney(page, handsOf(page), returned));
}

import { readFileSync } from "node:fs";

import type { Browser, Page } from "@playwright/test";

import { keyboard, mouse } from "./hands";
import {
  approveAndPay, createPartner, createToken, expect, expectFinePage, mutate, type Partner, recordInvoice, signIn, test,
} from "./support";

const IBAN = "DE89370400440532013000";
const PAYING_IBAN = "DE02120300000000202051";

/** Another window, in which another user signs in. */
async function windowOf(browser: Browser, baseURL: string | undefined, user: string, role: string, path: string): Promise<Page> {
  const page = await (await browser.newContext({ baseURL: baseURL ?? "", locale: "en-US" })).newPage();
  await signIn(page, user, role, path);
  return page;
}

/** Sends a mutation as a user of finance, and returns its payload. */
async function asFinance(user: string, name: string, input: object, selection: string): Promise<any> {
  const type = name[0]!.toUpperCase() + name.slice(1);
  const query = `mutation ($input: ${type}Input!) { ${name}(input: $input) { ${selection} userErrors { message } } }`;
  const headers = { "content-type": "application/json", authorization: `Bearer ${await createToken(user, "finance")}` };
  const body = JSON.stringify({ query, variables: { input } });
  const response = await fetch(`${process.env.ORIGIN}/graphql`, { method: "POST", headers, body });
  const { data, errors } = (await response.json()) as { data: any; errors?: unknown };
  expect(errors).toBeUndefined();
  expect(data[name].userErrors).toEqual([]);
  return data[name];
}

/** Gives a partner a bank account, which another user confirms. */
async function giveBankAccount({ id, name }: Partner): Promise<void> {
  const input = { partnerId: id, holder: name, iban: IBAN };
  const { payoutAccount } = await asFinance("fiona", "setBankAccount", input, "payoutAccount { id }");
  await asFinance("fred", "confirmBankAccount", { id: payoutAccount.id }, "payoutAccount { status }");
}

/** A READY payout of 30.00 EUR. */
async function readyPayout(hasAccount: boolean) {
  const partner = await createPartner("EUR");
  if (hasAccount) await giveBankAccount(partner);
  return { partner, id: await approveAndPay(partner, [await recordInvoice(partner, "200.00", 4, "EUR")]) };
}

const setPayingAccount = () =>
  mutate("setPayingAccount", { holder: "Demo Software Inc.", iban: PAYING_IBAN }, "payingAccount { id }");

for (const [name, handsOf] of [["mouse", () => mouse], ["keyboard", keyboard]] as const) {
  test(`a partner gives a bank account, and finance compares and confirms it, with the ${name}`, async ({ page, browser, baseURL }) => {
    const partner = await createPartner("EUR");
    const hands = handsOf(page);
    await signIn(page, partner.user, "partner");
    await hands.press(page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Payout account" }));
    const section = page.getByRole("region", { name: "Bank account" });
    await expect(section).toContainText("You have given no bank account yet.");
    await hands.press(section.getByRole("button", { name: "Give bank account…" }));
    const dialog = page.getByRole("dialog");
    await hands.press(dialog.getByRole("button", { name: "Save bank account" }));
    await expect(dialog.getByLabel("Holder")).toBeFocused();
    await hands.fill(dialog.getByLabel("Holder"), "Another Company");
    await hands.fill(dialog.getByLabel("IBAN"), "DE00370400440532013000");
    await hands.press(dialog.getByRole("button", { name: "Save bank account" }));
    await expect(dialog.getByLabel("IBAN")).toBeFocused();
    await expect(dialog.getByLabel("IBAN")).toHaveAttribute("aria-invalid", "true");
    await expectFinePage(page);
    await hands.fill(dialog.getByLabel("IBAN"), "DE89 3704 0044 0532 0130 00");
    await hands.press(dialog.getByRole("button", { name: "Save bank account" }));
    await expect(page.getByRole("status").first()).toContainText("The bank account was saved.");
    await expect(section).toContainText("To be confirmed");
    await expect(section).toContainText("confirms these details before anything is paid to this account");
    await expect(section).toContainText("…3000");
    await expect(page.getByText("370400440532")).toHaveCount(0);
    await expectFinePage(page);

    const staff = await windowOf(browser, baseURL, "fiona", "finance", "/staff/overview");
    const staffHands = name === "mouse" ? mouse : keyboard(staff);
    await staffHands.press(staff.getByRole("link", { name: /Bank accounts to confirm/ }));
    await expect(staff).toHaveURL(/unconfirmed=yes/);
    await staffHands.press(staff.getByRole("link", { name: partner.name }));
    const account = staff.getByRole("region", { name: "Bank account" });
    await staffHands.press(account.getByRole("button", { name: "Confirm bank account…" }));
    const confirmation = staff.getByRole("dialog");
    await expect(confirmation).toContainText("The holder is not the name of the partner.");
    await staffHands.press(confirmation.getByRole("button", { name: "Confirm", exact: true }));
    const number = confirmation.getByLabel("IBAN or account number, as the partner says it");
    await expect(number).toBeFocused();
    await staffHands.fill(number, PAYING_IBAN);
    await staffHands.press(confirmation.getByRole("button", { name: "Confirm", exact: true }));
    await expect(number).toHaveAttribute("aria-invalid", "true");
    await expectFinePage(staff);
    await staffHands.fill(number, IBAN);
    await staffHands.press(confirmation.getByRole("button", { name: "Confirm", exact: true }));
    await expect(staff.getByRole("status").first()).toContainText("The bank account is confirmed");
    await expect(account).toContainText("Ready");
    await expectFinePage(staff);
    await page.reload();
    await expect(section).toContainText("Your bank account is confirmed: payouts can be paid to it.");
    await expectFinePage(page);
  });
}

test("who has given a bank account does not confirm it, and an account without an IBAN has its own fields", async ({ page, browser, baseURL }) => {
  const partner = await createPartner();
  await signIn(page, "fiona", "finance", `/staff/partners/${partner.id}`);
  const section = page.getByRole("region", { name: "Bank account" });
  await section.getByRole("button", { name: "Give bank account…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Holder").fill(partner.name);
  await dialog.getByLabel("Kind of account").selectOption("with an account number");
  await dialog.getByLabel("Country of the bank").selectOption("United States");
  await dialog.getByLabel("Account number").fill("000123456789");
  await dialog.getByLabel("Code of the bank").fill("021000021");
  await expectFinePage(page);
  await dialog.getByRole("button", { name: "Save bank account" }).click();
  await expect(section).toContainText("another user of finance has to confirm it");
  await expect(section).toContainText("cannot be paid by SEPA");
  await expect(section.getByRole("button", { name: "Confirm bank account…" })).toHaveCount(0);

  const other = await windowOf(browser, baseURL, "fred", "finance", `/staff/partners/${partner.id}`);
  await other.getByRole("button", { name: "Confirm bank account…" }).click();
  await expect(other.getByRole("dialog")).not.toContainText("The holder is not the name of the partner.");
  await other.getByLabel("IBAN or account number, as the partner says it").fill("000123456789");
  await other.getByRole("dialog").getByRole("button", { name: "Confirm", exact: true }).click();
  await expect(other.getByRole("region", { name: "Bank account" })).toContainText("Ready");
  await other.getByRole("button", { name: "End bank account…" }).click();
  await other.getByRole("dialog").getByRole("button", { name: "End payout account" }).click();
  await expect(other.getByRole("region", { name: "Bank account" })).toContainText("No bank account yet");

  const auditor = await windowOf(browser, baseURL, "alma", "auditor", `/staff/partners/${partner.id}`);
  await expect(auditor.getByRole("region", { name: "Bank account" })).toContainText("No bank account yet");
  await expect(auditor.getByRole("button", { name: /bank account/ })).toHaveCount(0);
});

test("an admin sets the paying account; other staff see its end only", async ({ page, browser, baseURL }) => {
  await signIn(page, "ada", "admin", "/staff/settings");
  const section = page.getByRole("region", { name: "Paying account" });
  await section.getByRole("button", { name: /^(Set|Change) paying account…$/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Holder").fill("Demo Software Inc.");
  await dialog.getByLabel("IBAN").fill("US12");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByLabel("IBAN")).toBeFocused();
  await expect(dialog.getByLabel("IBAN")).toHaveAttribute("aria-invalid", "true");
  await expectFinePage(page);
  await dialog.getByLabel("IBAN").fill(PAYING_IBAN);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(section).toContainText("…2051");
  await expectFinePage(page);
  const auditor = await windowOf(browser, baseURL, "alma", "auditor", "/staff/settings");
  await expect(auditor.getByRole("region", { name: "Paying account" })).toContainText("…2051");
  await expect(auditor.getByRole("button", { name: /paying account/ })).toHaveCount(0);
});

for (const [name, handsOf] of [["mouse", () => mouse], ["keyboard", keyboard]] as const) {
  test(`payouts become a payment file, and what the bank has done is recorded, with the ${name}`, async ({ page }) => {
    await setPayingAccount();
    const [one, two, third] = [await readyPayout(true), await readyPayout(true), await readyPayout(false)];
    const ids = [one.id, two.id, third.id];
    // The list of this test has its own payouts only.
    await page.route("**/graphql", async (route) => {
      if (route.request().postDataJSON().operationName !== "StaffPayouts") return route.fallback();
      const response = await route.fetch();
      const answer = await response.json();
      answer.data.payouts.nodes = answer.data.payouts.nodes.filter(({ id }: any) => ids.includes(id));
      return route.fulfill({ response, json: answer });
    });
    const hands = handsOf(page);
    await signIn(page, "fiona", "finance", "/staff/payouts?status=READY&currency=EUR");
    await expect(page.getByTestId("payout-row")).toHaveCount(3);
    await hands.tick(page.getByLabel("Select all on this page"));
    await hands.press(page.getByRole("button", { name: "Payment file of selected…" }).first());
    const dialog = page.getByRole("dialog").last();
    await expect(dialog).toContainText("Payment file of 3 payouts");
    await expect(dialog).toContainText("Total: €90.00");
    await expect(dialog).toContainText("1 payout will be skipped");
    await expect(dialog.getByRole("listitem")).toContainText([third.partner.name]);
    await expectFinePage(page);
    await hands.press(dialog.getByRole("button", { name: "Create payment file" }));
    await expect(dialog).toContainText("2 payouts, €60.00.");
    await expect(dialog.getByRole("list", { name: "Skipped" })).toContainText("no confirmed bank account");
    await expectFinePage(page);
    const started = page.waitForEvent("download");
    await hands.press(dialog.getByRole("button", { name: "Download SEPA file" }));
    const content = readFileSync(await (await started).path(), "utf8");
    expect(content).toContain("<CtrlSum>60.00</CtrlSum>");
    expect(content).toContain(IBAN);
    await hands.press(dialog.getByRole("link", { name: "Show the file" }));
    await expect(page.getByRole("heading", { name: "Payment file", level: 1 })).toBeVisible();
    await expect(page.getByTestId("file-attempt")).toHaveCount(2);
    await expect(page.getByText("2 to be recorded")).toBeVisible();
    await expect(page.getByRole("button", { name: "Withdraw…" })).toHaveCount(0);
    await expectFinePage(page);
    await hands.press(page.getByRole("button", { name: "The bank has paid…" }));
    await hands.press(dialog.getByRole("button", { name: "Complete 2 payouts" }));
    await expect(dialog.getByLabel("Reference of the bank")).toBeFocused();
    await hands.fill(dialog.getByLabel("Reference of the bank"), "BOOKING-7");
    await hands.tick(dialog.getByLabel(new RegExp(two.partner.name)));
    await expect(dialog).toContainText("Total: €30.00");
    await expectFinePage(page);
    await hands.press(dialog.getByRole("button", { name: "Complete 1 payout" }));
    await expect(page.getByRole("status").first()).toContainText("1 payout completed.");
    await expect(page.getByTestId("file-attempt").filter({ hasText: one.partner.name })).toContainText("BOOKING-7");
    await expect(page.getByText("1 to be recorded")).toBeVisible();

    await hands.press(page.getByTestId("file-attempt").getByRole("link", { name: two.partner.name }));
    const drawer = page.getByRole("dialog", { name: "Payout", exact: true });
    await expect(drawer).toContainText("The payout is in a payment file.");
    await expectFinePage(page);
    await hands.press(drawer.getByRole("button", { name: "Resolve…" }));
    const resolution = page.getByRole("dialog", { name: "Has the bank paid this payout?" });
    await hands.choose(resolution.getByLabel("What you found"), "The bank has not paid: make the payout ready again");
    await hands.fill(resolution.getByLabel("How it was found out"), "the account is closed");
    await expectFinePage(page);
    await hands.press(resolution.getByRole("button", { name: "Resolve" }));
    await expect(drawer).toContainText("Not sent");
    await page.keyboard.press("Escape");
    await expect(page.getByText("All recorded")).toBeVisible();
  });
}

test("a payment file that was not downloaded is withdrawn; if no payout can be in one, none is created", async ({ page }) => {
  await setPayingAccount();
  const [one, other] = [await readyPayout(true), await readyPayout(false)];
  const day = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  const input = { payoutIds: [one.id], executionDate: day, format: "SEPA", idempotencyKey: crypto.randomUUID() };
  const { paymentFile } = await asFinance("fiona", "createPaymentFile", input, "paymentFile { id messageId }");
  await signIn(page, "fiona", "finance", "/staff/payouts");
  await page.getByRole("link", { name: "Payment files" }).click();
  await expect(page.getByTestId("payment-file").first()).toContainText("To be downloaded");
  await expectFinePage(page);
  await page.goto(`/staff/payouts/files/${paymentFile.id}`);
  await expect(page.getByText(paymentFile.messageId).first()).toBeVisible();
  await page.getByRole("button", { name: "Withdraw…" }).click();
  const dialog = page.getByRole("dialog").last();
  await dialog.getByLabel("Reason").fill("the wrong day");
  await expectFinePage(page);
  await dialog.getByRole("button", { name: "Withdraw", exact: true }).click();
  await expect(page.getByRole("status").first()).toContainText("its payouts are ready again");
  await expect(page.getByText("must not be given to a bank")).toBeVisible();
  await expect(page.getByRole("button", { name: /Download/ })).toHaveCount(0);

  await page.goto(`/staff/payouts?status=READY&currency=EUR&partnerId=${other.partner.id}`);
  await expect(page.getByTestId("payout-row")).toHaveCount(1);
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: "Payment file of selected…" }).first().click();
  await dialog.getByRole("button", { name: "Create payment file" }).click();
  await expect(dialog.getByRole("alert")).toContainText(other.partner.name);
  await expect(dialog.getByRole("alert")).toContainText("no bank account that was confirmed");
});

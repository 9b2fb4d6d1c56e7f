import {
  approveAndPay, createPartner, expect, expectAccessible, expectFinePage, expectFitsWidth, mutate, recordInvoice, signIn, test,
} from "./support";
import { answer, connected, withAttempt } from "./stripe";

/** A payout that is ready. */
async function readyPayout(currency = "USD") {
  const partner = await createPartner(currency);
  return { partner, id: await approveAndPay(partner, [await recordInvoice(partner, "200.00", 4, currency)]) };
}

test("payouts are sent by Stripe, and those that are skipped say why and what to do", async ({ page }) => {
  const [one, two] = [await readyPayout("BGN"), await readyPayout("BGN")];
  const asked: string[][] = [];
  await answer(page, {
    ...connected(),
    StaffPayouts: (data) => {
      data.payouts.nodes = data.payouts.nodes.filter(({ id }: any) => [one.id, two.id].includes(id));
      return data;
    },
    SendPayouts: (_, { input }) => {
      asked.push(input.ids);
      const isSkipped = input.ids[0] === two.id;
      const skipped = [{ __typename: "UnsentPayout", id: two.id, code: "ACCOUNT_NOT_READY", message: "no account" }];
      return { sendPayouts: { __typename: "SendPayoutsPayload", sent: [], skipped: isSkipped ? skipped : [], userErrors: [] } };
    },
  });
  await signIn(page, "fiona", "finance", "/staff/payouts?status=READY&currency=BGN");
  await expect(page.getByTestId("payout-row")).toHaveCount(2);
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: "Send selected by Stripe…" }).first().click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Send 2 payouts by Stripe?");
  await expect(dialog).toContainText("Test mode no real money is moved");
  await expect(dialog).toContainText("Total: BGN 60.00");
  await expect(dialog).toContainText("2 payouts will be skipped unless the accounts of their partners at Stripe become ready:");
  await expect(dialog.getByRole("listitem").getByRole("link", { name: two.partner.name })).toHaveAttribute("href", /\/staff\/partners\//);
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Send by Stripe" }).click();
  await expect(dialog).toContainText("1 payout is being sent, 1 was not sent.");
  await expect(dialog.getByRole("list", { name: "Failed" })).toContainText(
    "The partner has no account at Stripe that can receive money now. See its page for what is missing, or pay it by hand.",
  );
  expect(asked.flat().sort()).toEqual([one.id, two.id].sort());
  await expectAccessible(page);
  await dialog.getByRole("link", { name: two.partner.name }).click();
  await expect(page.getByRole("heading", { name: two.partner.name })).toBeVisible();
});

test("without Stripe, nothing is offered to be sent by it", async ({ page }) => {
  const { id } = await readyPayout();
  await answer(page, connected(null));
  await signIn(page, "fiona", "finance", `/staff/payouts?payout=${id}`);
  await expect(page.getByRole("button", { name: "Mark as sent…" })).toBeVisible();
  await expect(page.getByRole("button", { name: /by Stripe/ })).toHaveCount(0);
});

test("an attempt that waits is withdrawn, and nothing can be done by hand before", async ({ page }) => {
  const { id } = await readyPayout();
  await mutate("startPayout", { id }, "payout { id }");
  const withdrawn: any[] = [];
  await answer(page, {
    ...connected(),
    ...withAttempt({}, { status: "QUEUED" }),
    WithdrawPayoutAttempt: (_, { input }) => {
      withdrawn.push(input.reason);
      return { withdrawPayoutAttempt: { __typename: "PayoutAttemptPayload", payoutAttempt: null, userErrors: [] } };
    },
  });
  await signIn(page, "fiona", "finance", `/staff/payouts?payout=${id}`);
  const drawer = page.getByRole("dialog", { name: "Payout", exact: true });
  await expect(drawer).toContainText("To pay it by hand, withdraw the attempt first.");
  await expect(drawer.getByRole("button", { name: "Complete…" })).toHaveCount(0);
  await expectFinePage(page);
  await drawer.getByRole("button", { name: "Withdraw…" }).click();
  const dialog = page.getByRole("dialog", { name: "Withdraw this attempt?" });
  await dialog.getByLabel("Reason").fill("paid by wire");
  await dialog.getByRole("button", { name: "Withdraw" }).click();
  await expect(drawer.getByRole("status")).toContainText("Attempt withdrawn");
  expect(withdrawn).toEqual(["paid by wire"]);
});

test("an uncertain attempt is resolved as moved or not moved", async ({ page }) => {
  const { id } = await readyPayout();
  await mutate("startPayout", { id }, "payout { id }");
  const inputs: any[] = [];
  await answer(page, {
    ...connected(),
    ...withAttempt({ attention: "UNCERTAIN" }, { status: "UNCERTAIN", code: "no_answer", message: "Stripe has not answered for 20 hours" }),
    ResolvePayoutAttempt: (_, { input }) => {
      inputs.push(input);
      return { resolvePayoutAttempt: { __typename: "PayoutAttemptPayload", payoutAttempt: null, userErrors: [] } };
    },
  });
  await signIn(page, "fiona", "finance", `/staff/payouts?payout=${id}`);
  const drawer = page.getByRole("dialog", { name: "Payout", exact: true });
  await expect(drawer).toContainText("it is never sent twice");
  await expect(drawer.getByRole("button", { name: "Mark as failed…" })).toHaveCount(0);
  await expectFinePage(page);
  const dialog = page.getByRole("dialog", { name: "Was the money sent?" });
  await drawer.getByRole("button", { name: "Resolve…" }).click();
  await dialog.getByLabel("What you found").selectOption("The money was sent: complete the payout");
  await dialog.getByLabel("How it was found out").fill("in the dashboard");
  await dialog.getByRole("button", { name: "Resolve" }).click();
  await expect(dialog.getByLabel("Id of the transfer")).toBeFocused();
  await expectAccessible(page);
  await expectFitsWidth(page);
  await dialog.getByLabel("Id of the transfer").fill("tr_1AbC");
  await dialog.getByRole("button", { name: "Resolve" }).click();
  await expect(drawer.getByRole("status")).toContainText("Payout completed");
  await drawer.getByRole("button", { name: "Resolve…" }).click();
  await dialog.getByLabel("What you found").selectOption("No transfer: make the payout ready again");
  await dialog.getByLabel("How it was found out").fill("in the dashboard");
  await dialog.getByRole("button", { name: "Resolve" }).click();
  await expect(drawer.getByRole("status")).toContainText("ready again");
  expect(inputs.map(({ outcome, reference }) => [outcome, reference ?? null])).toEqual([["MOVED", "tr_1AbC"], ["NOT_MOVED", null]]);
});

test("the money of a payout that Stripe has sent is recalled, and a part that came back is settled; auditors only read", async ({ page, browser, baseURL }) => {
  const { id } = await readyPayout();
  await mutate("completePayout", { id, paymentReference: "tr_1AbC" }, "payout { id }");
  const mocked = {
    ...connected(),
    ...withAttempt({ attention: "RETURNED_IN_PART" }, { status: "SETTLED", reference: "tr_1AbC" }),
    RecallPayout: () => ({ recallPayout: { __typename: "PayoutPayload", payout: null, userErrors: [] } }),
    DismissPayoutAttention: () => ({ dismissPayoutAttention: { __typename: "PayoutPayload", payout: null, userErrors: [] } }),
  };
  await answer(page, mocked);
  await signIn(page, "fiona", "finance", `/staff/payouts?payout=${id}`);
  const drawer = page.getByRole("dialog", { name: "Payout", exact: true });
  await expect(drawer).toContainText("Record an adjustment for that part.");
  await expectFinePage(page);
  await drawer.getByRole("button", { name: "Recall…" }).click();
  const dialog = page.getByRole("dialog", { name: "Recall the money of this payout?" });
  await dialog.getByLabel("Reason").fill("a wrong account");
  await dialog.getByRole("button", { name: "Recall" }).click();
  await expect(drawer.getByRole("status")).toContainText("Stripe is asked for the money");
  await drawer.getByRole("button", { name: "Dismiss attention…" }).click();
  const question = page.getByRole("dialog", { name: "Dismiss the attention?" });
  await question.getByLabel("What was done about it").fill("an adjustment of -5.00");
  await question.getByRole("button", { name: "Dismiss" }).click();
  await expect(drawer.getByRole("status")).toContainText("needs no attention any more");

  const other = await (await browser.newContext({ baseURL: baseURL ?? "", locale: "en-US" })).newPage();
  await answer(other, mocked);
  await signIn(other, "alma", "auditor", `/staff/payouts?payout=${id}`);
  await expect(other.getByTestId("payout-attempt")).toContainText("tr_1AbC");
  await expect(other.getByRole("button", { name: "Recall…" })).toHaveCount(0);
});

test("payouts that need attention are filtered, and look like what they are", async ({ page }) => {
  await readyPayout("THB");
  const kinds = ["NOT_SENT", "UNCERTAIN", "DIFFERS", "RETURNED_IN_PART"];
  const filters: any[] = [];
  await answer(page, {
    ...connected(),
    StaffPayouts: (data, { filter }) => {
      filters.push(filter);
      const [row] = data.payouts.nodes;
      if (row) data.payouts.nodes = kinds.map((attention, index) => ({ ...row, id: `${row.id.slice(0, -1)}${index}`, attention }));
      return data;
    },
  });
  await signIn(page, "fiona", "finance", "/staff/payouts?currency=THB");
  const rows = page.getByTestId("payout-row");
  await expect(rows).toHaveText([/Not sent/, /Perhaps sent/, /Sent differently/, /Returned in part/]);
  await expectFinePage(page);
  await page.getByLabel("To look at").selectOption("Whatever needs attention");
  await expect.poll(() => filters.at(-1).attention).toEqual(kinds);
});

test("the number of payouts that need attention leads to them from each page of staff that has payouts", async ({ page }) => {
  let count = 2;
  const filters: any[] = [];
  await answer(page, {
    WaitingCounts: (data) => {
      data.workQueue.payoutsWithAttention = count;
      return data;
    },
    Overview: (data) => {
      data.overview.workQueue.payoutsWithAttention = count;
      return data;
    },
    StaffPayouts: (data, { filter }) => {
      filters.push(filter);
      return data;
    },
  });
  await signIn(page, "alma", "auditor", "/staff/overview");
  await page.getByRole("link", { name: "2 Payouts that need attention" }).click();
  await expect(page.getByLabel("To look at")).toHaveValue("ANY");
  await expect.poll(() => filters.at(-1)?.attention).toEqual(["NOT_SENT", "UNCERTAIN", "DIFFERS", "RETURNED_IN_PART"]);
  await page.getByRole("link", { name: "Work queue" }).click();
  await page.getByRole("region", { name: "Open payouts" }).getByRole("link", { name: "2 payouts need attention" }).click();
  await expect(page).toHaveURL(/attention=ANY/);
  await page.getByRole("link", { name: "Payouts", exact: true }).click();
  await expect(page).not.toHaveURL(/attention/);
  const list = page.getByRole("region", { name: "All payouts" });
  await expect(list.getByRole("link", { name: "2 payouts need attention" })).toHaveAttribute("href", /attention=ANY/);
  await expectFinePage(page);
  count = 0;
  await page.reload();
  await expect(list).toContainText("None of them needs attention.");
});

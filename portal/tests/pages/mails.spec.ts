import {
  createPartner, createPayout, createToken, expect, expectAccessible, expectFitsWidth, mutate, recordInvoice, request, signIn,
  test,
} from "./support";

/** Waits until every mail to an address was sent, and there are this many. */
async function waitForMails(address: string, count: number): Promise<void> {
  const query = "query ($filter: MailFilter!) { mails(filter: $filter) { nodes { status } } }";
  await expect
    .poll(async () => {
      const { mails } = await request(query, { filter: { address } });
      return mails.nodes.map(({ status }: { status: string }) => status);
    })
    .toEqual(Array.from({ length: count }, () => "SENT"));
}

test("a partner user chooses what to be told", async ({ page }) => {
  const partner = await createPartner();
  await signIn(page, partner.user, "partner");
  await page.getByRole("link", { name: "Notifications", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Notifications", level: 1 })).toBeVisible();
  const created = page.getByRole("checkbox", { name: /^Payout created/ });
  await expect(created).toBeChecked();
  await expectAccessible(page);
  await created.uncheck();
  await expect(page.getByRole("status")).toContainText("Turned off: Payout created.");
  await page.reload();
  await expect(created).not.toBeChecked();
  await expect(page.getByRole("checkbox", { name: /^Monthly digest/ })).toBeChecked();
  await page.setViewportSize({ width: 360, height: 740 });
  await expectFitsWidth(page);
  await page.screenshot({ path: "node_modules/.cache/notifications-360.png" });

  const event = await recordInvoice(partner, "1000.00");
  await mutate("approveCommissionEvents", { ids: [event] }, "commissionEvents { id }");
  const payout = await createPayout(partner);
  await mutate("completePayout", { id: payout, paymentReference: "WIRE-1" }, "payout { id }");
  const address = `${partner.user}@example.com`;
  await waitForMails(address, 2);
});

test("staff see what was sent to whom", async ({ page, browser, baseURL }) => {
  const partner = await createPartner();
  const event = await recordInvoice(partner, "10000.00");
  await mutate("approveCommissionEvents", { ids: [event] }, "commissionEvents { id }");
  await createPayout(partner);
  const address = `${partner.user}@example.com`;
  await waitForMails(address, 2);

  await signIn(page, "alma", "auditor", "/staff/settings");
  await page.getByRole("link", { name: "Mails", exact: true }).click();
  await page.getByLabel("Address").fill(address);
  const rows = page.getByTestId("mail");
  await expect(rows).toHaveCount(2);
  await expectAccessible(page);
  await page.screenshot({ path: "node_modules/.cache/mails-1280.png" });
  await page.getByRole("link", { name: "Your payout of USD 1,500.00 is being prepared" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Amount: USD 1,500.00");
  await expect(dialog).toContainText("Sent");
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectFitsWidth(page);
  await page.keyboard.press("Escape");
  await page.getByLabel("Status").selectOption("Bounced");
  await expect(page.getByText("No such mails.")).toBeVisible();

  // The mails of the demo, as their recipients see them, and the link that ends them.
  await page.goto("/demo/mails");
  await page.getByRole("row").filter({ hasText: address }).getByRole("link", { name: /^Your payout/ }).click();
  await expect(page.getByRole("heading", { name: "Your payout is being prepared" })).toBeVisible();
  const link = await page.getByRole("link", { name: "Stop these mails" }).getAttribute("href");
  const reader = await browser.newPage();
  await reader.goto(link!);
  await reader.getByRole("button", { name: "Stop these mails" }).click();
  await expect(reader.getByRole("heading", { name: "These mails have stopped" })).toBeVisible();
  await reader.close();
  const query = JSON.stringify({ query: "{ viewer { notificationPreferences { kind isWanted } } }" });
  const headers = { "content-type": "application/json", authorization: `Bearer ${await createToken(partner.user, "partner")}` };
  const response = await fetch(`${baseURL}/graphql`, { method: "POST", headers, body: query });
  const { data } = (await response.json()) as any;
  expect(data.viewer.notificationPreferences[0]).toEqual({ kind: "PAYOUT_CREATED", isWanted: false });
});

test("a partner user has no page for mails", async ({ page }) => {
  const partner = await createPartner();
  await signIn(page, partner.user, "partner", "/staff/settings/mails");
  await expect(page.getByRole("heading", { name: "Staff only" })).toBeVisible();
});

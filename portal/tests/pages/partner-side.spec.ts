import type { Page } from "@playwright/test";

import {
  approveAndPay, createPartner, expect, expectAccessible, expectFitsWidth, mutate, recordInvoice, signIn, statCard, test,
} from "./support";

test("the header names the partner, and a first-time partner reads what comes next", async ({ page }) => {
  const partner = await createPartner();
  await mutate("updatePartner", { id: partner.id, tier: "GOLD" }, "partner { id }");
  await signIn(page, partner.user, "partner");
  const header = page.getByRole("banner");
  await expect(header).toContainText(partner.name);
  await expect(header).toContainText(/P-\d+/);
  await expect(header).toContainText("Gold");
  const welcome = page.getByRole("region", { name: /Welcome/ });
  await expect(welcome).toContainText("You earn 15% of what each customer that is assigned to you pays");
  await expectAccessible(page);
  await welcome.getByRole("link", { name: "How you earn" }).click();
  await expect(page.getByRole("heading", { name: "How you earn", level: 1 })).toBeFocused();
  await recordInvoice(partner, "10.00");
  await page.getByRole("link", { name: "Revenue", exact: true }).click();
  await expect(page.getByTestId("commission-row")).toHaveCount(1);
  await expect(welcome).toHaveCount(0);
});

test("the terms are told in sentences, with rates of customers and with their history", async ({ page }) => {
  const partner = await createPartner();
  const account = { partnerId: partner.id, customerId: `own-${partner.user}`, startsAt: "2020-01-01T00:00:00Z" };
  await mutate("assignManagedAccount", { ...account, customCommissionRate: "0.2500" }, "managedAccount { id }");
  await mutate("updatePartner", { id: partner.id, defaultCommissionRate: "0.1200" }, "partner { id }");
  await signIn(page, partner.user, "partner", "/partners/terms");
  const earning = page.getByRole("region", { name: "What you earn" });
  await expect(earning).toContainText("You earn 12% of what each customer that is assigned to you pays");
  await expect(earning).toContainText("the same share of the commission is taken back");
  await expect(earning).toContainText("You have 2 active accounts.");
  const paying = page.getByRole("region", { name: "When you are paid" });
  await expect(paying).toContainText(/An approved commission (can be paid out \d+ days? after|goes into the next payout)/);
  await expect(paying).toContainText(/A payout (is made as soon as it comes to at least|in USD is made for any amount)/);
  await expect(paying).toContainText(/Payouts are made on day \d+|has set no day/);
  const rates = page.getByRole("table", { name: "Rates of customers" });
  await expect(rates.getByRole("row")).toHaveCount(2);
  await expect(rates).toContainText("25%");
  const terms = page.getByRole("table", { name: "Terms" }).getByRole("row");
  await expect(terms).toHaveCount(3);
  await expect(terms.nth(1)).toContainText("12%");
  await expect(terms.nth(2)).toContainText(/the beginning.*15%/);
  await expectAccessible(page);
});

test("a payout that failed is told at the top until another one follows", async ({ page }) => {
  const partner = await createPartner();
  const event = await recordInvoice(partner, "200.00", 2);
  const failing = await approveAndPay(partner, [event]);
  await mutate("failPayout", { id: failing, reason: "the account is closed" }, "payout { id }");
  await signIn(page, partner.user, "partner");
  const banner = page.getByRole("region", { name: "Failed payout" });
  await expect(banner).toContainText("Your payout of $30.00 failed");
  await expect(banner).toContainText("the account is closed");
  await expectAccessible(page);
  await banner.getByRole("link", { name: "Show payout" }).click();
  const timeline = page.getByRole("dialog", { name: "Payout" }).getByRole("region", { name: "Timeline" });
  await expect(timeline.getByRole("listitem")).toHaveText([/Created/, /Failed/]);
  await page.keyboard.press("Escape");
  const input = { partnerId: partner.id, periodStart: "2020-01-01T00:00:00Z", periodEnd: new Date().toISOString() };
  const { payout } = await mutate("createPayoutBatch", input, "payout { id }");
  await page.reload();
  await expect(statCard(page, "Outstanding balance")).toContainText("Next payout: $30.00");
  await expect(banner).toHaveCount(0);

  await page.goto(`/partners/payouts?payout=${payout.id}`);
  await expect(timeline.getByRole("listitem")).toHaveText([/Created/, /Sent.*not yet/, /Completed.*not yet/]);
  await expect(timeline).toContainText("Waiting to be sent since");
  await mutate("startPayout", { id: payout.id }, "payout { id }");
  await page.reload();
  await expect(timeline).toContainText("In transit since");
});

test("what has changed since the last visit is shown until it is dismissed", async ({ page, browser, baseURL }) => {
  const partner = await createPartner();
  const event = await recordInvoice(partner, "100.00", 3);
  const visit = async (storageState?: Awaited<ReturnType<ReturnType<Page["context"]>["storageState"]>>) => {
    const options = { baseURL: baseURL ?? "", locale: "en-US", ...(storageState && { storageState }) };
    const visitor = await (await browser.newContext(options)).newPage();
    // The overlap of a minute would show what this test has made before the first visit.
    if (!storageState) await visitor.clock.install();
    await signIn(visitor, partner.user, "partner");
    await expect(visitor.getByTestId("commission-row").first()).toBeVisible();
    return visitor;
  };
  const first = await visit();
  await expect(first.getByRole("region", { name: "Since your last visit" })).toHaveCount(0);
  const state = await first.context().storageState();
  expect(JSON.stringify(state)).not.toContain("eyJ");
  await mutate("approveCommissionEvents", { ids: [event] }, "commissionEvents { id }");
  const second = await visit(state);
  const changes = second.getByRole("region", { name: "Since your last visit" });
  await expect(changes).toContainText("1 new or changed commission");
  await expect(changes).toContainText("Approved");
  await expectAccessible(second);
  await second.reload();
  await expect(changes).toBeVisible();
  await changes.getByRole("button", { name: "Dismiss" }).click();
  await expect(changes).toHaveCount(0);
  await second.reload();
  await expect(second.getByTestId("commission-row").first()).toBeVisible();
  await expect(changes).toHaveCount(0);
  await page.close();
});

test("the words about money are explained where they stand", async ({ page }) => {
  await signIn(page, "paula", "partner");
  const button = page.getByRole("button", { name: "What does “In transit” mean?" });
  // What stands below a notice begins anew once it is known that there is one.
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  await button.focus();
  await page.keyboard.press("Enter");
  const text = page.getByText("In a payout that was made, and whose money has not been confirmed as received.");
  await expect(text).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(text).toBeHidden();
  await expect(button).toBeFocused();
});

test("a month of the chart leads to its commissions", async ({ page }) => {
  await signIn(page, "paula", "partner");
  const chart = page.getByRole("figure");
  await expect(chart).toContainText("Earned, in USD");
  await page.getByLabel("Months").selectOption("The last 24");
  await chart.getByText("As a table").click();
  const rows = chart.getByRole("table", { name: "Earnings by month" }).getByRole("row");
  await expect(rows).toHaveCount(25);
  await rows.nth(1).getByRole("link").click();
  await expect(page).toHaveURL(/\/partners\/commissions\?from=\d{4}-\d\d-01&to=\d{4}-\d\d-\d\d$/);
  await expect(page.getByRole("heading", { name: "Commissions", level: 1 })).toBeVisible();
});

test("ids are copied, and tables keep their heads in view and add up", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const partner = await createPartner();
  for (let n = 1; n <= 30; n += 1) await recordInvoice(partner, "10.00", n + 1);
  await signIn(page, partner.user, "partner", "/partners/commissions");
  const rows = page.getByTestId("commission-row");
  await expect(rows).toHaveCount(30);
  await expect(page.getByTestId("list-total")).toContainText("Total of all pages: $45.00");
  const head = page.getByRole("columnheader", { name: "Customer" });
  await rows.last().scrollIntoViewIfNeeded();
  await expect(head).toBeInViewport();
  await rows.first().getByRole("link").first().click();
  const dialog = page.getByRole("dialog", { name: "Commission" });
  await expect(dialog.locator("time").first()).toContainText(/\(2 days ago\)/);
  await dialog.getByRole("button", { name: "Copy invoice id" }).click();
  await expect(dialog.getByText("Copied")).toBeAttached();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^INV-/);
});

test("without colours of its own, the page still shows the current tab and the balance", async ({ page }) => {
  await page.emulateMedia({ forcedColors: "active" });
  await signIn(page, "paula", "partner");
  await expect(page.locator(".recharts-bar-rectangle path").first()).toBeVisible();
  await expectAccessible(page);
  const border = (name: string) =>
    page
      .getByRole("navigation", { name: "Pages", exact: true })
      .getByRole("link", { name, exact: true })
      .evaluate((link) => getComputedStyle(link).borderBottomStyle);
  expect(await border("Revenue")).toBe("solid");
  expect(await border("Payouts")).toBe("none");
  const colors = await page
    .getByRole("table", { name: "Balance" })
    .locator("th > span[aria-hidden=true]")
    .evaluateAll((keys) => keys.map((key) => getComputedStyle(key).backgroundColor));
  expect(new Set(colors.slice(0, 4)).size).toBe(4);
});

test("a printed page has its tables and no controls, and at 200 % nothing is cut off", async ({ page }) => {
  await signIn(page, "paula", "partner", "/partners/commissions");
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("navigation", { name: "Pages", exact: true })).toBeHidden();
  await expect(page.getByRole("search")).toBeHidden();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeHidden();
  // Paper is narrower than the screen: the rows stay rows.
  await page.setViewportSize({ width: 700, height: 900 });
  await expect(page.getByTestId("commission-row").first()).toHaveCSS("display", "table-row");
  await page.emulateMedia({ media: "screen" });
  await page.setViewportSize({ width: 640, height: 400 });
  for (const path of ["/partners/revenue", "/partners/commissions", "/partners/terms"]) {
    await page.goto(path);
    await expect(page.getByRole("table").first()).toBeVisible();
    await expectFitsWidth(page);
  }
});

import {
  approveAndPay, createPartner, createToken, daysAgo, expect, expectAccessible, mutate, recordAdjustment, recordInvoice,
  recordRefundedInvoice, signIn, statCard, submitToken, test,
} from "./support";

test.describe("Partner revenue portal", () => {
  test("shows revenue dashboard with key metrics", async ({ page }) => {
    await signIn(page, "paula", "partner", "/partners/revenue");
    await expect(page.getByRole("heading", { name: "Revenue & Commissions" })).toBeVisible();
    await expect(page.getByText("Track your earnings, payouts, and referral performance")).toBeVisible();
    await expect(page.getByText("Outstanding balance")).toBeVisible();
    await expect(page.getByText("This month")).toBeVisible();
    await expect(page.getByText("Lifetime earnings")).toBeVisible();
    const balance = await page.locator("text=/\\$[\\d,]+\\.\\d{2}/").first().textContent();
    expect(balance).toMatch(/^\$[\d,]+\.\d{2}$/);
  });

  test("displays commission events table", async ({ page }) => {
    await signIn(page, "paula", "partner", "/partners/revenue");
    const table = page.locator('[data-testid="commission-events-table"]');
    await expect(table).toBeVisible();
    const rows = table.locator('[data-testid="commission-row"]');
    await expect(rows.first()).toBeVisible();
    expect(await rows.count()).toBeGreaterThan(0);
  });
});

test("the cards and the balance show the totals of the commissions", async ({ page }) => {
  const partner = await createPartner();
  const settled = await approveAndPay(partner, [await recordInvoice(partner, "1000.00", 3)]);
  await mutate("completePayout", { id: settled, paymentReference: "WIRE-1" }, "payout { id }");
  await approveAndPay(partner, [await recordInvoice(partner, "2000.00", 2)]);
  await mutate("approveCommissionEvents", { ids: [await recordInvoice(partner, "333.35")] }, "commissionEvents { id }");
  await recordInvoice(partner, "10000.01");

  await signIn(page, partner.user, "partner");
  await expect(statCard(page, "Outstanding balance")).toContainText("$1,550.00");
  // The payout in transit is not in the balance.
  await expect(statCard(page, "Outstanding balance")).toContainText(/Next payout: \$300\.00 on \w+ \d+, \d+/);
  await expect(statCard(page, "Outstanding balance")).toContainText("$50.00 approved, awaiting a later payout");
  await expect(statCard(page, "Outstanding balance")).toContainText("$1,500.00 awaiting approval");
  const commissions = page.getByTestId("commission-row");
  await expect(commissions.filter({ hasText: "$300.00" })).toContainText("In transit");
  await expect(commissions.filter({ hasText: "$150.00" })).toContainText("Paid");
  await expect(statCard(page, "Lifetime earnings")).toContainText("$2,000.00");
  await expect(statCard(page, "Lifetime earnings")).toContainText("0.0% referral conversion");
  await expect(statCard(page, "Managed accounts")).toContainText(/1\s*Generating \$/);
  await expect(statCard(page, "This month")).toContainText("From 1 active account");
  const balance = page.getByRole("table", { name: "Balance" }).getByRole("row");
  await expect(balance).toHaveText([
    /Pending.*\$1,500\.00/,
    /Approved.*\+\$50\.00/,
    /In transit.*\+\$300\.00/,
    /Settled.*\+\$150\.00/,
    /Earned.*=\$2,000\.00/,
    /Paid or in transit.*−\$450\.00/,
    /Outstanding.*=\$1,550\.00/,
  ]);
});

test("the first paint of the page is one request", async ({ page, monitor }) => {
  await signIn(page, "paula", "partner", "/partners/revenue?months=24");
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  monitor.graphqlRequests.length = 0;
  await page.reload();
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText("cust-maple");
  await page.waitForLoadState("networkidle");
  expect(monitor.graphqlRequests).toHaveLength(1);
});

test("a user of several currencies switches between them", async ({ page }) => {
  const partner = await createPartner("EUR");
  await recordInvoice(partner, "100.00", 1, "EUR");
  await recordInvoice(partner, "5000", 1, "JPY");
  await recordInvoice(partner, "7.125", 1, "KWD");
  await signIn(page, partner.user, "partner");
  await expect(statCard(page, "Lifetime earnings")).toContainText("€15.00");
  await expect(page.getByTestId("commission-row")).toHaveCount(3);
  await expect(page.getByText("Commission events from your managed accounts, in all currencies")).toBeVisible();
  await page.getByLabel("Currency").selectOption("JPY");
  await expect(statCard(page, "Lifetime earnings")).toContainText("¥750");
  await expect(page).toHaveURL(/currency=JPY/);
  // The lists are in the selected currency, too.
  await expect(page.getByTestId("commission-row")).toHaveCount(1);
  await expect(page.getByText("Commission events from your managed accounts, in JPY")).toBeVisible();
  await page.getByLabel("Currency").selectOption("KWD");
  await expect(statCard(page, "Lifetime earnings")).toContainText(/KWD\s1\.069/);
  await page.goBack();
  await expect(statCard(page, "Lifetime earnings")).toContainText("¥750");
});

test("a partner that owes money sees that it will be deducted", async ({ page }) => {
  const partner = await createPartner();
  await recordAdjustment(partner, "-154.62");
  await signIn(page, partner.user, "partner");
  await expect(statCard(page, "Outstanding balance")).toContainText("-$154.62");
  await expect(statCard(page, "Outstanding balance")).toContainText("You owe $154.62; it is deducted from your next payouts");
});

test("refunds and adjustments are found by their type", async ({ page }) => {
  const partner = await createPartner();
  await recordRefundedInvoice(partner, "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z");
  await recordAdjustment(partner, "7.00");
  await signIn(page, partner.user, "partner", "/partners/commissions");
  const rows = page.getByTestId("commission-row");
  await expect(rows).toHaveCount(3);
  await page.getByLabel("Type").selectOption("Refund");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("-$6.00");
  await page.getByLabel("Type").selectOption("Adjustment");
  await expect(rows).toContainText("$7.00");
  await expect(page).toHaveURL(/type=ADJUSTMENT/);
});

test("large amounts are exact to the last digit", async ({ page }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "900719925474.13");
  await signIn(page, partner.user, "partner");
  await expect(statCard(page, "Lifetime earnings")).toContainText("$135,107,988,821.12");
  await expect(page.getByTestId("commission-row")).toContainText("$900,719,925,474.13");
});

test("earnings by month are shown as a chart and as a table", async ({ page }) => {
  await signIn(page, "paula", "partner");
  const chart = page.getByRole("figure");
  await expect(chart.locator(".recharts-bar-rectangle path").first()).toBeVisible();
  await chart.getByText("As a table").click();
  const rows = chart.getByRole("table", { name: "Earnings by month" }).getByRole("row");
  await expect(rows).toHaveCount(13);
});

test("filters, order and pages are in the URL, and the back button undoes them", async ({ page }) => {
  const partner = await createPartner();
  for (let n = 1; n <= 53; n += 1) await recordInvoice(partner, `${n}00.00`, n + 2);
  const rows = page.getByTestId("commission-row");
  await signIn(page, partner.user, "partner", "/partners/commissions");
  await expect(rows).toHaveCount(50);
  await expect(page.getByText("53 commission events")).toBeVisible();

  await page.getByRole("button", { name: "Next", exact: true }).click();
  await expect(rows).toHaveCount(3);
  await expect(rows.last()).toContainText("$795.00");
  await page.getByRole("button", { name: "Previous" }).click();
  await expect(rows).toHaveCount(50);
  await expect(rows.first()).toContainText("$15.00");

  await page.locator("th button", { hasText: "Commission" }).click();
  await expect(rows.first()).toContainText("$795.00");
  const header = page.getByTestId("commission-events-table").getByRole("columnheader", { name: /Commission/ });
  await expect(header).toHaveAttribute("aria-sort", "descending");
  await page.locator("th button", { hasText: "Commission" }).click();
  await expect(rows.first()).toContainText("$15.00");

  await page.getByLabel("Status").selectOption("APPROVED");
  await expect(page.getByText("No commissions match these filters.")).toBeVisible();
  await page.goBack();
  await expect(rows.first()).toContainText("$15.00");
  await expect(page).toHaveURL(/sort=commission-asc/);

  // The date of an event in the tenant's time zone.
  const day = new Date(daysAgo(5)).toLocaleDateString("en-CA", { timeZone: "America/New_York" });
  await page.getByLabel("From").fill(day);
  await page.getByLabel("To", { exact: true }).fill(day);
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("$45.00");
  const deepLink = page.url();

  const other = await page.context().newPage();
  await signIn(other, partner.user, "partner", deepLink);
  await expect(other.getByTestId("commission-row")).toHaveCount(1);
  await page.getByRole("button", { name: "Clear" }).click();
  await expect(rows).toHaveCount(50);
});

test("two filters that change at the same time are both applied", async ({ page }) => {
  const partner = await createPartner();
  for (const days of [3, 5, 7]) await recordInvoice(partner, `${days}00.00`, days);
  const rows = page.getByTestId("commission-row");
  await signIn(page, partner.user, "partner", "/partners/commissions");
  await expect(rows).toHaveCount(3);
  await page.getByRole("search", { name: "Commission events" }).evaluate((filter, day) => {
    for (const field of filter.querySelectorAll<HTMLInputElement>("input[type=date]")) {
      field.valueAsDate = new Date(day);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }, new Date(daysAgo(5)).toLocaleDateString("en-CA", { timeZone: "America/New_York" }));
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("$75.00");
  await expect(page).toHaveURL(/from=[-0-9]+&to=/);
});

test("a click opens the details of a commission, and the back button closes them", async ({ page }) => {
  const partner = await createPartner();
  const event = await recordInvoice(partner, "333.35", 4);
  await approveAndPay(partner, [event]);
  const adjustment = await recordAdjustment(partner, "-20.00");
  await signIn(page, partner.user, "partner");
  await page.getByTestId("commission-row").filter({ hasText: "$333.35" }).getByRole("cell").nth(2).click();
  const dialog = page.getByRole("dialog", { name: "Commission" });
  await expect(dialog).toContainText("$333.35 × 15% = $50.00");
  await expect(dialog).toContainText("15% of $333.35 is $50.00, because 15% was your default rate when the invoice was paid.");
  await expect(dialog).toContainText("15%, the partner’s default rate");
  await expect(dialog).toContainText("Payable from");
  await expect(dialog.getByRole("list").last().getByRole("listitem")).toHaveText([/Pending/, /Approved/, /Paid/]);
  await expectAccessible(page);
  await dialog.getByRole("link", { name: /^due / }).click();
  await expect(page.getByRole("dialog", { name: "Payout" })).toContainText("1 line");
  await page.goBack();
  await expect(dialog).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("dialog")).toHaveCount(0);

  // Negative amounts have a sign and another colour.
  const negative = page.getByTestId("commission-row").filter({ hasText: "Adjustment" }).getByText("-$20.00");
  await expect(negative).toBeVisible();
  const colorOf = (node: Element) => getComputedStyle(node).color;
  expect(await negative.evaluate(colorOf)).not.toBe(await page.locator("body").evaluate(colorOf));

  await page.goto(`/partners/revenue?event=${adjustment}`);
  await expect(dialog).toContainText("Adjustment by staff: -$20.00");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page).not.toHaveURL(/event=/);
});

test("a commission shows its reversals by refunds", async ({ page }) => {
  const partner = await createPartner();
  await recordRefundedInvoice(partner, daysAgo(3), daysAgo(1));
  await signIn(page, partner.user, "partner");
  await page.getByTestId("commission-row").filter({ hasText: "$15.00" }).getByRole("link").click();
  const dialog = page.getByRole("dialog", { name: "Commission" });
  const reversals = dialog.getByRole("region", { name: "Reversals" });
  await expect(reversals).toContainText("-$6.00");
  await expect(dialog).toContainText(
    "Refunds to the customer took back $6.00 of it, in proportion to what was refunded; $9.00 remains.",
  );
  await reversals.getByRole("link").click();
  await expect(dialog).toContainText("A refund reduced the base by $40.00.");
  await expect(dialog).toContainText("At 15%, and after earlier refunds, this reverses $6.00.");
  await expect(dialog.getByRole("region", { name: "Reverses" })).toContainText("$15.00");
});

test("a partner without data sees empty states", async ({ page }) => {
  const partner = await createPartner();
  await signIn(page, partner.user, "partner");
  await expect(page.getByText("No commissions yet.")).toBeVisible();
  await expect(page.getByText("No payouts yet.")).toBeVisible();
  await expect(page.getByText("No referrals yet.")).toBeVisible();
  await expect(statCard(page, "Outstanding balance")).toContainText("$0.00");
  await expect(statCard(page, "Outstanding balance")).toContainText("Nothing is waiting to be paid");
  await expectAccessible(page);
});

test("placeholders are shown while loading, and the layout does not shift", async ({ page }) => {
  await signIn(page, "paula", "partner");
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  let respond = () => {};
  const pending = new Promise<void>((resolve) => (respond = resolve));
  await page.route("**/graphql", async (route) => {
    await pending;
    await route.continue();
  });
  await page.addInitScript(() => {
    const shifts: number[] = ((globalThis as any).shifts = []);
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push((entry as any).value);
    });
    observer.observe({ type: "layout-shift", buffered: true });
  });
  await page.reload();
  await expect(page.getByTestId("commission-events-table")).toHaveAttribute("aria-busy", "true");
  await expect(statCard(page, "Outstanding balance")).not.toContainText("$");
  await expectAccessible(page);
  respond();
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  await expect(page.locator(".recharts-bar-rectangle path").first()).toBeVisible();
  const shifts: number[] = await page.evaluate(() => (globalThis as any).shifts);
  expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.1);
});

for (const width of [360, 1280]) {
  test(`what a new partner and one with a failed payout are told moves nothing at ${width} pixels`, async ({ page }) => {
    const [fresh, failed] = [await createPartner(), await createPartner()];
    const payout = await approveAndPay(failed, [await recordInvoice(failed, "1000.00", 3)]);
    await mutate("failPayout", { id: payout, reason: "the account is closed" }, "payout { id }");
    await page.setViewportSize({ width, height: 800 });
    await page.addInitScript(() => {
      const shifts: number[] = ((globalThis as any).shifts = []);
      const observer = new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as any).value);
      });
      observer.observe({ type: "layout-shift", buffered: true });
    });
    for (const [{ user }, name] of [[fresh, /^Welcome/], [failed, "Failed payout"]] as const) {
      await page.goto("/sign-in");
      await page.evaluate(() => sessionStorage.clear());
      await signIn(page, user, "partner", "/partners/revenue");
      // With the session, the placeholders are shown first.
      await page.reload();
      await expect(page.getByRole("region", { name })).toBeVisible();
      const shifts: number[] = await page.evaluate(() => (globalThis as any).shifts);
      expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.1);
    }
  });
}

test("an error shows its cause, and can be retried", async ({ page, monitor }) => {
  await signIn(page, "paula", "partner");
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  await page.route("**/graphql", (route) => route.abort());
  await page.reload();
  await expect(page.getByRole("alert")).toContainText("The server cannot be reached");
  await expectAccessible(page);
  await page.unroute("**/graphql");
  const message = "something went wrong on our side";
  const error = { message, extensions: { code: "INTERNAL_ERROR", requestId: "req-7" } };
  const body = JSON.stringify({ errors: [error], data: null });
  await page.route("**/graphql", (route) => route.fulfill({ contentType: "application/json", body }));
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("alert")).toContainText("Request req-7");
  await page.unroute("**/graphql");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
  expect(monitor.problems.splice(0).every((problem) => problem.includes("ERR_FAILED"))).toBe(true);
});

test("another partner is not accessible", async ({ page }) => {
  const [mine, other] = [await createPartner(), await createPartner()];
  await signIn(page, mine.user, "partner", `/partners/revenue?partner=${other.id}`);
  await expect(page.getByRole("alert")).toContainText("You do not have access to this");
  await expect(page.getByText(other.name)).toHaveCount(0);
  await expectAccessible(page);
  await page.goto(`/partners/payouts?partner=${other.id}`);
  await expect(page.getByRole("alert")).toContainText("You do not have access to this");
});

test("an expired session leads to the sign-in form, and from there back to the same page", async ({ page, monitor }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "100.00");
  await signIn(page, partner.user, "partner", "/partners/commissions");
  await expect(page.getByTestId("commission-row")).toHaveCount(1);
  const error = { message: "the token has expired", extensions: { code: "UNAUTHENTICATED" } };
  const body = JSON.stringify({ errors: [error] });
  await page.route("**/graphql", (route) => route.fulfill({ status: 401, contentType: "application/json", body }));
  await page.getByLabel("Status").selectOption("PENDING");
  await expect(page.getByRole("alert")).toContainText("Your session has ended: the token has expired. Sign in again");
  await expectAccessible(page);
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await page.unroute("**/graphql");
  await submitToken(page, await createToken(partner.user, "partner"));
  await expect(page).toHaveURL(/status=PENDING/);
  await expect(page.getByTestId("commission-row")).toHaveCount(1);
  expect(monitor.problems.splice(0).every((problem) => problem.includes("401"))).toBe(true);
});

test("the first load is under 200 kB of compressed scripts, without the chart and the pages of staff", async ({ page }) => {
  await signIn(page, "paula", "partner");
  await expect(page.locator(".recharts-bar-rectangle path").first()).toBeVisible();
  const scripts = await page.evaluate(() =>
    (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
      .filter(({ name }) => name.endsWith(".js"))
      .map(({ name, encodedBodySize, decodedBodySize }) => ({ name, encodedBodySize, decodedBodySize })),
  );
  const first = scripts.filter(({ name }) => !name.includes("earnings-chart"));
  expect(first.length).toBeGreaterThan(1);
  expect(first.some(({ name }) => name.includes("staff"))).toBe(false);
  const uncompressed = first.filter((script) => script.encodedBodySize >= script.decodedBodySize);
  expect(uncompressed.every(({ decodedBodySize }) => decodedBodySize < 2_000)).toBe(true);
  expect(first.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)).toBeLessThan(200_000);
});

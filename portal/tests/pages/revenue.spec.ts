import { act, ago, card, demandAccessible, expect, paid, partner, payout, signIn, test, token } from "./support";

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

test("the cards and the buckets say what the rows add up to", async ({ page }) => {
  const story = await partner();
  const settled = await payout(story, [await paid(story, "1000.00", 3)]);
  await act("completePayout", { id: settled, paymentReference: "WIRE-1" }, "payout { id }");
  await payout(story, [await paid(story, "2000.00", 2)]);
  await act("approveCommissionEvents", { ids: [await paid(story, "333.35")] }, "commissionEvents { id }");
  await paid(story, "10000.01");

  await signIn(page, story.user, "partner");
  await expect(card(page, "Outstanding balance")).toContainText("$1,550.00");
  await expect(card(page, "Outstanding balance")).toContainText("Awaiting next payout, ");
  await expect(card(page, "Lifetime earnings")).toContainText("$2,000.00");
  await expect(card(page, "Lifetime earnings")).toContainText("0.0% referral conversion");
  await expect(card(page, "Managed accounts")).toContainText(/1\s*Generating \$/);
  await expect(card(page, "This month")).toContainText("From 1 active account");
  const sums = page.getByRole("table", { name: "Balance" }).getByRole("row");
  await expect(sums).toHaveText([
    /Pending.*\$1,500\.00/,
    /Approved.*\+\$50\.00/,
    /In transit.*\+\$300\.00/,
    /Settled.*\+\$150\.00/,
    /Earned.*=\$2,000\.00/,
    /Paid.*−\$450\.00/,
    /Outstanding.*=\$1,550\.00/,
  ]);
});

test("the first paint of the page is one request", async ({ page, watched }) => {
  await signIn(page, "paula", "partner", "/partners/revenue?status=PAID&sort=commission-desc");
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  watched.asked.length = 0;
  await page.reload();
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText("cust-maple");
  await page.waitForLoadState("networkidle");
  expect(watched.asked).toHaveLength(1);
});

test("a user of several currencies switches between them", async ({ page }) => {
  const story = await partner("EUR");
  await paid(story, "100.00", 1, "EUR");
  await paid(story, "5000", 1, "JPY");
  await paid(story, "7.125", 1, "KWD");
  await signIn(page, story.user, "partner");
  await expect(card(page, "Lifetime earnings")).toContainText("€15.00");
  await page.getByLabel("Currency").selectOption("JPY");
  await expect(card(page, "Lifetime earnings")).toContainText("¥750");
  await expect(page).toHaveURL(/currency=JPY/);
  await page.getByLabel("Currency").selectOption("KWD");
  await expect(card(page, "Lifetime earnings")).toContainText(/KWD\s1\.069/);
  await page.goBack();
  await expect(card(page, "Lifetime earnings")).toContainText("¥750");
});

test("large amounts are exact to the last digit", async ({ page }) => {
  const story = await partner();
  await paid(story, "900719925474.13");
  await signIn(page, story.user, "partner");
  await expect(card(page, "Lifetime earnings")).toContainText("$135,107,988,821.12");
  await expect(page.getByTestId("commission-row")).toContainText("$900,719,925,474.13");
});

test("earnings by month are drawn, and told in words", async ({ page }) => {
  await signIn(page, "paula", "partner");
  const chart = page.getByRole("figure");
  await expect(chart.locator(".recharts-bar-rectangle path").first()).toBeVisible();
  await chart.getByText("As a table").click();
  const rows = chart.getByRole("table", { name: "Earnings by month" }).getByRole("row");
  await expect(rows).toHaveCount(13);
});

test("filters, order and pages are in the address, and the back button goes through them", async ({ page }) => {
  const story = await partner();
  for (let n = 1; n <= 53; n += 1) await paid(story, `${n}00.00`, n + 2);
  const rows = page.getByTestId("commission-row");
  await signIn(page, story.user, "partner");
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
  await expect(page.getByTestId("commission-events-table").getByRole("columnheader", { name: /Commission/ })).toHaveAttribute("aria-sort", "descending");
  await page.locator("th button", { hasText: "Commission" }).click();
  await expect(rows.first()).toContainText("$15.00");

  await page.getByLabel("Status").selectOption("APPROVED");
  await expect(page.getByText("No commission event is like that.")).toBeVisible();
  await page.goBack();
  await expect(rows.first()).toContainText("$15.00");
  await expect(page).toHaveURL(/sort=commission-asc/);

  // The very day that an event has where the tenant is.
  const day = new Date(ago(5)).toLocaleDateString("en-CA", { timeZone: "America/New_York" });
  await page.getByLabel("From").fill(day);
  await page.getByLabel("To", { exact: true }).fill(day);
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("$45.00");
  const deep = page.url();

  const other = await page.context().newPage();
  await signIn(other, story.user, "partner", deep);
  await expect(other.getByTestId("commission-row")).toHaveCount(1);
  await page.getByRole("button", { name: "Clear" }).click();
  await expect(rows).toHaveCount(50);
});

test("two filters that change at once both hold", async ({ page }) => {
  const story = await partner();
  for (const days of [3, 5, 7]) await paid(story, `${days}00.00`, days);
  const rows = page.getByTestId("commission-row");
  await signIn(page, story.user, "partner");
  await expect(rows).toHaveCount(3);
  await page.getByRole("search", { name: "Commission events" }).evaluate((filter, day) => {
    for (const field of filter.querySelectorAll<HTMLInputElement>("input[type=date]")) {
      field.valueAsDate = new Date(day);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }, new Date(ago(5)).toLocaleDateString("en-CA", { timeZone: "America/New_York" }));
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("$75.00");
  await expect(page).toHaveURL(/from=[-0-9]+&to=/);
});

test("a click opens how a commission came about, and the back button closes it", async ({ page }) => {
  const story = await partner();
  const event = await paid(story, "333.35", 4);
  await payout(story, [event]);
  const { commissionEvent } = await act("recordAdjustment", { partnerId: story.id, amount: { amount: "-20.00", currency: "USD" }, reason: "an overpayment", idempotencyKey: event }, "commissionEvent { id }");
  await signIn(page, story.user, "partner");
  await page.getByTestId("commission-row").filter({ hasText: "$333.35" }).getByRole("cell").nth(2).click();
  const sheet = page.getByRole("dialog", { name: "Commission" });
  await expect(sheet).toContainText("$333.35 × 15% = $50.00");
  await expect(sheet).toContainText("15%, the partner’s default rate");
  await expect(sheet).toContainText("Payable from");
  await expect(sheet.getByRole("list").last().getByRole("listitem")).toHaveText([/Pending/, /Approved/, /Paid/]);
  await demandAccessible(page);
  await sheet.getByRole("link", { name: /^due / }).click();
  await expect(page.getByRole("dialog", { name: "Payout" })).toContainText("1 line");
  await page.goBack();
  await expect(sheet).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("dialog")).toHaveCount(0);

  // What is below zero is plain to see, in words and in colour.
  const negative = page.getByTestId("commission-row").filter({ hasText: "Adjustment" }).getByText("-$20.00");
  await expect(negative).toBeVisible();
  const colours = await negative.evaluate((node) => [getComputedStyle(node).color, getComputedStyle(document.body).color]);
  expect(colours[0]).not.toBe(colours[1]);

  await page.goto(`/partners/revenue?event=${commissionEvent.id}`);
  await expect(sheet).toContainText("An amount that staff set: -$20.00");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page).not.toHaveURL(/event=/);
});

test("refunds show at the commission that they take back", async ({ page }) => {
  const story = await partner();
  const input = { invoiceId: `INV-${story.user}`, customerId: story.customer, totalAmount: { amount: "100.00", currency: "USD" }, paidAt: ago(3) };
  await act("recordInvoicePaid", input, "outcome");
  await act("recordInvoiceRefunded", { invoiceId: input.invoiceId, refundId: `RE-${story.user}`, amount: { amount: "40.00", currency: "USD" }, refundedAt: ago(1) }, "outcome");
  await signIn(page, story.user, "partner");
  await page.getByTestId("commission-row").filter({ hasText: "$15.00" }).getByRole("link").click();
  const sheet = page.getByRole("dialog", { name: "Commission" });
  const line = sheet.getByRole("region", { name: "Taken back" });
  await expect(line).toContainText("-$6.00");
  await line.getByRole("link").click();
  await expect(sheet).toContainText("A refund took -$40.00 off the base. At 15%");
  await expect(sheet.getByRole("region", { name: "Takes back" })).toContainText("$15.00");
});

test("a partner without anything is told so", async ({ page }) => {
  const story = await partner();
  await signIn(page, story.user, "partner");
  await expect(page.getByText("No commission events yet.")).toBeVisible();
  await expect(page.getByText("No payouts yet.")).toBeVisible();
  await expect(page.getByText("No referrals yet.")).toBeVisible();
  await expect(card(page, "Outstanding balance")).toContainText("$0.00");
  await expect(card(page, "Outstanding balance")).toContainText(/Awaiting next payout$/);
  await demandAccessible(page);
});

test("while it loads there is a place for everything, and nothing jumps", async ({ page }) => {
  await signIn(page, "paula", "partner");
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  let go = () => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  await page.route("**/graphql", async (route) => {
    await held;
    await route.continue();
  });
  await page.addInitScript(() => {
    const shifts: number[] = ((globalThis as any).shifts = []);
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => shifts.push((entry as any).value))).observe({ type: "layout-shift", buffered: true });
  });
  await page.reload();
  await expect(page.getByTestId("commission-events-table")).toHaveAttribute("aria-busy", "true");
  await expect(card(page, "Outstanding balance")).not.toContainText("$");
  await demandAccessible(page);
  go();
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  await expect(page.locator(".recharts-bar-rectangle path").first()).toBeVisible();
  const shifted = await page.evaluate(() => (globalThis as any).shifts.reduce((sum: number, shift: number) => sum + shift, 0));
  expect(shifted).toBeLessThan(0.1);
});

test("an error says what is wrong and can be tried again", async ({ page, watched }) => {
  await signIn(page, "paula", "partner");
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  await page.route("**/graphql", (route) => route.abort());
  await page.reload();
  await expect(page.getByRole("alert")).toContainText("The server cannot be reached");
  await demandAccessible(page);
  await page.unroute("**/graphql");
  const message = "something went wrong on our side";
  const body = JSON.stringify({ errors: [{ message, extensions: { code: "INTERNAL_ERROR", requestId: "req-7" } }], data: null });
  await page.route("**/graphql", (route) => route.fulfill({ contentType: "application/json", body }));
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("alert")).toContainText("Request req-7");
  await page.unroute("**/graphql");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByTestId("commission-row").first()).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
  const expected = watched.faults.splice(0);
  expect(expected.every((fault) => fault.includes("ERR_FAILED"))).toBe(true);
});

test("another partner is refused, whether or not there is one", async ({ page }) => {
  const [mine, other] = [await partner(), await partner()];
  await signIn(page, mine.user, "partner", `/partners/revenue?partner=${other.id}`);
  await expect(page.getByRole("alert")).toContainText("You may not see this");
  await expect(page.getByText(other.name)).toHaveCount(0);
  await demandAccessible(page);
  await page.goto(`/partners/payouts?partner=${other.id}`);
  await expect(page.getByRole("alert")).toContainText("You may not see this");
});

test("a session that has ended leads back to the door, and from there to the same page", async ({ page, watched }) => {
  const story = await partner();
  await paid(story, "100.00");
  await signIn(page, story.user, "partner");
  await expect(page.getByTestId("commission-row")).toHaveCount(1);
  const body = JSON.stringify({ errors: [{ message: "the token has expired", extensions: { code: "UNAUTHENTICATED" } }] });
  await page.route("**/graphql", (route) => route.fulfill({ status: 401, contentType: "application/json", body }));
  await page.getByLabel("Status").selectOption("PENDING");
  await expect(page.getByRole("alert")).toContainText("Your session has ended: the token has expired. Sign in again");
  await demandAccessible(page);
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await page.unroute("**/graphql");
  await page.getByLabel("Token", { exact: true }).fill(await token(story.user, "partner"));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(/status=PENDING/);
  await expect(page.getByTestId("commission-row")).toHaveCount(1);
  expect(watched.faults.splice(0).every((fault) => fault.includes("401"))).toBe(true);
});

test("the first load is light: under 200 kB of compressed script before the chart, and none of staff's", async ({ page }) => {
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
  expect(first.every(({ encodedBodySize, decodedBodySize }) => encodedBodySize < decodedBodySize || decodedBodySize < 2_000)).toBe(true);
  expect(first.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)).toBeLessThan(200_000);
});

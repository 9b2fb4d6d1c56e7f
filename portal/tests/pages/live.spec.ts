// Pages that repeat their query while they are in view.

import type { Page } from "@playwright/test";

import { addUser, createPartner, createToken, expect, mutate, recordInvoice, signIn, statCard, test } from "./support";

/** Sets whether the page is in view, and tells it. */
const setInView = (page: Page, isInView: boolean) =>
  page.evaluate((isInView) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (isInView ? "visible" : "hidden") });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isInView);

/** Whether a request is that of the page, and not of the numbers in the navigation. */
const isOfQueue = (body: string | null) => body?.includes('"operationName":"WorkQueue"') ?? false;

const openQueue = (page: Page, partnerId: string) => signIn(page, "fiona", "finance", `/staff?partnerId=${partnerId}`);

test("what a colleague approves leaves the list, and ticks, scroll and an open dialog stay", async ({ page }) => {
  const partner = await createPartner();
  const events: string[] = [];
  for (let n = 1; n <= 30; n += 1) events.push(await recordInvoice(partner, `${n}.00`, n + 1));
  await page.clock.install();
  await openQueue(page, partner.id);
  const rows = page.getByTestId("queued-commission");
  await expect(rows).toHaveCount(30);
  const ticked = rows.filter({ hasText: "$0.30" }).filter({ hasText: "$2.00" }).getByRole("checkbox");
  await ticked.check();
  await page.evaluate(() => scrollTo(0, 400));
  await page.getByRole("button", { name: "Cancel selected" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("half a reason");

  await mutate("approveCommissionEvents", { ids: events.slice(20) }, "commissionEvents { id }");
  const scroll = await page.evaluate(() => scrollY);
  await page.clock.fastForward(35_000);
  await expect(rows).toHaveCount(20);
  await expect(page.getByText("20 pending commissions")).toBeAttached();
  await expect(dialog.getByLabel("Reason")).toHaveValue("half a reason");
  expect(await page.evaluate(() => scrollY)).toBe(scroll);
  await page.keyboard.press("Escape");
  await expect(ticked).toBeChecked();
});

test("a page that is hidden asks for nothing, and once when it is shown again", async ({ page, monitor }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "10.00");
  await page.clock.install();
  await openQueue(page, partner.id);
  await expect(page.getByTestId("queued-commission")).toHaveCount(1);
  await setInView(page, false);
  monitor.graphqlRequests.length = 0;
  for (let minute = 0; minute < 10; minute += 1) await page.clock.runFor(60_000);
  expect(monitor.graphqlRequests).toHaveLength(0);
  await recordInvoice(partner, "20.00");
  await setInView(page, true);
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await expect(page.getByTestId("queued-commission")).toHaveCount(2);
  expect(monitor.graphqlRequests.filter(isOfQueue)).toHaveLength(1);
  // Another look right afterwards finds fresh data.
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  expect(monitor.graphqlRequests.filter(isOfQueue)).toHaveLength(1);
});

test("while the server is away, the data stays with its time, one request at a time", async ({ page, monitor }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "10.00");
  await page.clock.install({ time: "2026-11-29T01:04:00Z" });
  await openQueue(page, partner.id);
  const rows = page.getByTestId("queued-commission");
  await expect(rows).toHaveCount(1);
  let pending = 0;
  let most = 0;
  let count = 0;
  await page.route("**/graphql", async (route) => {
    if (!isOfQueue(route.request().postData())) return route.abort();
    pending += 1;
    count += 1;
    most = Math.max(most, pending);
    await new Promise((resolve) => setTimeout(resolve, 100));
    pending -= 1;
    return route.abort();
  });
  for (let step = 0; step < 24; step += 1) {
    await page.clock.runFor(5_000);
    await page.evaluate(() => window.dispatchEvent(new Event("focus")));
    await expect.poll(() => pending).toBe(0);
  }
  expect(count).toBeGreaterThan(1);
  expect(most).toBe(1);
  await expect(page.getByText(/^As of 10:0\d AM\./)).toBeVisible();
  await expect(rows).toHaveCount(1);
  await expect(page.getByRole("alert")).toHaveCount(0);
  await page.unroute("**/graphql");
  await recordInvoice(partner, "20.00");
  await page.clock.runFor(40_000);
  await expect(rows).toHaveCount(2);
  await expect(page.getByText(/^As of/)).toHaveCount(0);
  expect(monitor.problems.splice(0).every((problem) => problem.includes("ERR_FAILED"))).toBe(true);
});

test("a response that asks to wait is waited for", async ({ page, monitor }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "10.00");
  await page.clock.install();
  await openQueue(page, partner.id);
  await expect(page.getByTestId("queued-commission")).toHaveCount(1);
  let count = 0;
  await page.route("**/graphql", (route) => {
    if (isOfQueue(route.request().postData())) count += 1;
    const body = JSON.stringify({ errors: [{ message: "too much", extensions: { code: "LIMIT_EXCEEDED" } }] });
    return route.fulfill({ status: 429, headers: { "retry-after": "300" }, contentType: "application/json", body });
  });
  await page.clock.runFor(40_000);
  await expect(page.getByText(/^As of/)).toBeVisible();
  expect(count).toBe(1);
  await page.clock.runFor(280_000);
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  expect(count).toBe(1);
  await page.clock.runFor(60_000);
  await expect.poll(() => count).toBe(2);
  expect(monitor.problems.splice(0).every((problem) => problem.includes("429"))).toBe(true);
});

test("a user who is deactivated is signed out by the next poll", async ({ page, monitor }) => {
  const partner = await createPartner();
  const user = `leaving-${partner.user}`;
  const id = await addUser(partner.id, user);
  await page.clock.install();
  await signIn(page, user, "partner");
  await expect(statCard(page, "Outstanding balance")).toContainText("$0.00");
  await mutate("deactivatePartnerUser", { id }, "partnerUser { id }");
  await page.clock.fastForward(75_000);
  await expect(page.getByRole("alert")).toContainText("Your session has ended: this user is not linked to any partner");
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await page.getByLabel("Token", { exact: true }).fill(await createToken(partner.user, "partner"));
  expect(monitor.problems.splice(0).every((problem) => problem.includes("403"))).toBe(true);
});

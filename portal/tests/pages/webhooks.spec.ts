// The webhooks and the background jobs, for admins and for staff who only read.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import type { Page } from "@playwright/test";

import { type Hands, keyboard, mouse } from "./hands";
import { expect, expectAccessible, expectFitsWidth, expectReadable, mutate, request, signIn, test } from "./support";

/** A receiver of webhooks on this machine. */
interface Receiver {
  readonly url: string;
  readonly received: { readonly type: string; readonly id: string }[];
  /** The status code that it answers with. */
  status: number;
}

const servers: Server[] = [];

async function startReceiver(): Promise<Receiver> {
  const receiver = { url: "", received: [] as { type: string; id: string }[], status: 200 };
  const server = createServer((incoming, response) => {
    let body = "";
    incoming.on("data", (part) => (body += part));
    incoming.on("end", () => {
      receiver.received.push({ type: JSON.parse(body).type, id: String(incoming.headers["webhook-id"]) });
      response.writeHead(receiver.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return receiver;
}

test.afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
});

/** Creates a webhook with the API; returns its id. */
async function createWebhook(url: string): Promise<string> {
  const input = { url, description: "The ledger", eventTypes: ["PARTNER_CREATED", "PARTNER_UPDATED"] };
  return (await mutate("createWebhookEndpoint", input, "endpoint { id }")).endpoint.id;
}

async function deleteWebhook(id: string): Promise<void> {
  await mutate("deleteWebhookEndpoint", { id }, "endpoint { id }");
}

const dialogOf = (page: Page) => page.getByRole("dialog").last();

/** From a new webhook to its end: its errors are shown at its fields, its secret once, and what it got in its log. */
async function lifeOfAWebhook(page: Page, hands: Hands) {
  const receiver = await startReceiver();
  await signIn(page, "ada", "admin", "/staff/settings");
  await hands.press(page.getByRole("link", { name: "Webhooks" }));
  await expect(page.getByRole("heading", { level: 1, name: "Webhooks" })).toBeVisible();
  const dialog = dialogOf(page);
  await hands.press(page.getByRole("button", { name: "New webhook…" }));
  await hands.press(dialog.getByRole("button", { name: "Create webhook" }));
  await expect(dialog.getByText("Select one or more events")).toBeVisible();
  await hands.tick(dialog.getByLabel(/^A partner was created/));
  await hands.fill(dialog.getByLabel("URL"), "http://10.0.0.1/hook");
  await hands.press(dialog.getByRole("button", { name: "Create webhook" }));
  await expect(dialog.getByLabel("URL")).toBeFocused();
  await expect(dialog.getByLabel("URL")).toHaveAccessibleDescription(/not a public address/);
  await expectAccessible(page);
  await hands.fill(dialog.getByLabel("URL"), receiver.url);
  await hands.fill(dialog.getByLabel("Description"), `By ${hands.name}`);
  await hands.press(dialog.getByRole("button", { name: "Create webhook" }));
  await expect(dialog.getByTestId("secret")).toHaveText(/^whsec_/);
  await expectAccessible(page);
  const secret = (await dialog.getByTestId("secret").textContent()) ?? "";
  await hands.press(dialog.getByRole("button", { name: "Close" }).last());
  await expect(page.getByText(secret)).toHaveCount(0);

  await hands.press(page.getByRole("link", { name: receiver.url }));
  await expect(page.getByText("Nothing was sent to it yet.")).toBeVisible();
  await hands.press(page.getByRole("button", { name: "Send a test" }));
  const deliveries = page.getByTestId("webhook-delivery");
  await expect(deliveries.filter({ hasText: "webhook.test" })).toContainText("Delivered");
  await expect(page.getByRole("status").filter({ hasText: "A test event is being sent." })).toBeVisible();
  await hands.press(deliveries.filter({ hasText: "webhook.test" }).first().getByRole("button", { name: /^Send again/ }));
  await hands.press(dialog.getByRole("button", { name: "Send again" }));
  await expect(deliveries.filter({ hasText: "sent again" })).toContainText("Delivered");
  // Tests beside this one create partners, of which the endpoint is told, too.
  const tests = receiver.received.filter(({ type }) => type === "webhook.test");
  expect(tests).toHaveLength(2);
  expect(new Set(tests.map(({ id }) => id)).size).toBe(1);

  await hands.press(page.getByRole("button", { name: "New secret…" }));
  await hands.fill(dialog.getByLabel("Hours with both secrets"), "500");
  await hands.press(dialog.getByRole("button", { name: "Make a new secret" }));
  await expect(dialog.getByLabel("Hours with both secrets")).toHaveAccessibleDescription(/from 0 to 168/);
  await hands.fill(dialog.getByLabel("Hours with both secrets"), "1");
  await hands.press(dialog.getByRole("button", { name: "Make a new secret" }));
  await expect(dialog.getByTestId("secret")).toHaveText(/^whsec_/);
  await expect(dialog.getByTestId("secret")).not.toHaveText(secret);
  await hands.press(dialog.getByRole("button", { name: "Close" }).last());
  await expect(page.getByText("the new one, and the one before until")).toBeVisible();

  await hands.press(page.getByRole("button", { name: "Disable…" }));
  await hands.press(dialog.getByRole("button", { name: "Disable webhook" }));
  await expect(page.getByText("Disabled", { exact: true })).toBeVisible();
  await mutate("createPartner", { companyName: "Missed" }, "partner { id }");
  await expect(page.getByRole("button", { name: "Send missed events…" })).toHaveCount(0);
  await hands.press(page.getByRole("button", { name: "Enable…" }));
  await hands.press(dialog.getByRole("button", { name: "Enable webhook" }));
  await hands.press(page.getByRole("button", { name: "Send missed events…" }));
  await hands.press(dialog.getByRole("button", { name: "Send events" }));
  await expect(dialog.getByLabel("Since")).toBeFocused();
  await hands.fillDate(dialog.getByLabel("Since"), new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10));
  await hands.press(dialog.getByRole("button", { name: "Send events" }));
  await expect(deliveries.filter({ hasText: "partner.created" }).first()).toContainText("Delivered");

  // Last, because there is much to send then: tests beside this one do everything.
  await hands.press(page.getByRole("button", { name: "Edit…" }));
  await hands.tick(dialog.getByLabel("All events"));
  await hands.press(dialog.getByRole("button", { name: "Save" }));
  await expect(page.getByText("webhook.endpoint_disabled")).toBeVisible();

  await hands.press(page.getByRole("button", { name: "Delete…" }));
  await hands.press(dialog.getByRole("button", { name: "Delete webhook" }));
  await expect(page.getByRole("heading", { level: 1, name: "Webhooks" })).toBeVisible();
  await expect(page.getByRole("link", { name: receiver.url })).toHaveCount(0);
}

test("a webhook is created, tested, changed, disabled, replayed and deleted", async ({ page }) => {
  await lifeOfAWebhook(page, mouse);
});

test("the same with the keyboard alone", async ({ page }) => {
  await lifeOfAWebhook(page, keyboard(page));
});

test("the log is filtered by status, and staff who only read change nothing", async ({ page }) => {
  const receiver = await startReceiver();
  const id = await createWebhook(receiver.url);
  await mutate("testWebhookEndpoint", { id }, "delivery { id }");
  await expect.poll(() => receiver.received.length).toBeGreaterThan(0);
  receiver.status = 410;
  await mutate("createPartner", { companyName: "Gone" }, "partner { id }");
  await signIn(page, "alma", "auditor", `/staff/settings/webhooks/${id}`);
  const deliveries = page.getByTestId("webhook-delivery");
  await expect(deliveries.filter({ hasText: "webhook.test" })).toContainText("Delivered");
  await expect(deliveries.filter({ hasText: "partner.created" }).first()).toContainText("the endpoint is gone (410)");
  await page.getByLabel("Status").selectOption({ label: "Failed" });
  await expect(deliveries.filter({ hasText: "webhook.test" })).toHaveCount(0);
  await expect(deliveries.first()).toContainText("Failed");
  await expect(page).toHaveURL(/status=FAILED/);
  await page.getByLabel("Status").selectOption({ label: "Waiting" });
  await expect(page.getByText("No deliveries have this status.")).toBeVisible();
  for (const name of [/^Edit/, /secret/, /able…/, /^Delete/, /test/, /missed/, /again/]) {
    await expect(page.getByRole("button", { name })).toHaveCount(0);
  }
  await page.goto("/staff/settings/webhooks");
  await expect(page.getByTestId("webhook").filter({ hasText: receiver.url })).toContainText("Disabled");
  await expect(page.getByRole("button", { name: "New webhook…" })).toHaveCount(0);
  await deleteWebhook(id);
  await page.goto(`/staff/settings/webhooks/${id}`);
  await expect(page.getByRole("heading", { level: 1, name: "Webhook not found" })).toBeVisible();
});

/** Lets the page of jobs show these, whatever there is. */
async function showJobs(page: Page): Promise<void> {
  const lane = (lane: string | null, deadCount: number) => ({
    __typename: "JobLaneCounts", lane, dueCount: 1_200, runningCount: 20, waitingCount: 3, deadCount, oldestDueSeconds: 95,
  });
  const job = (lane: string | null, subjectId: string) => ({
    __typename: "DeadJob", lane, subjectId, attempts: 40, lastError: "an internal error; the log of the worker names its cause",
    deadSince: "2026-11-28T09:00:00Z", createdAt: "2026-11-26T09:00:00Z",
  });
  const dead = [job("WEBHOOK", "01a2283f-3b1c-7d1e-9c51-0f5a7d1c2b3a"), job(null, "01a2283f-3b1c-7d1e-9c51-0f5a7d1c2b3b")];
  await page.route("**/graphql", async (route) => {
    if (!route.request().postData()?.includes('"BackgroundJobs"')) return route.fallback();
    await route.fulfill({ json: { data: { jobLanes: [lane("WEBHOOK", 1), lane(null, 1)], deadJobs: dead } } });
  });
}

test("dead jobs are seen by all staff and retried by admins", async ({ page }) => {
  const { jobLanes } = await request("{ jobLanes { deadCount } }");
  await signIn(page, "ada", "admin", "/staff/settings");
  await page.getByRole("link", { name: "Background jobs" }).click();
  if (jobLanes.every(({ deadCount }: { deadCount: number }) => deadCount === 0)) {
    await expect(page.getByText("No jobs are dead.")).toBeVisible();
  }
  await showJobs(page);
  await page.reload();
  const rows = page.getByTestId("dead-job");
  await expect(rows).toHaveCount(2);
  await expect(page.getByTestId("job-lane").first()).toContainText("for up to 95 seconds");
  await expect(rows.last()).toContainText("after an upgrade");
  await expectAccessible(page);
  await rows.first().getByRole("button", { name: /^Try again the job/ }).click();
  await dialogOf(page).getByRole("button", { name: "Try again" }).click();
  // The job is not one of the database.
  await expect(page.getByRole("status").filter({ hasText: "Nothing is dead any more." })).toBeVisible();
  await page.getByRole("button", { name: "Try all again…" }).click();
  await dialogOf(page).getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("an auditor sees dead jobs and retries none", async ({ page }) => {
  await showJobs(page);
  await signIn(page, "alma", "auditor", "/staff/settings/jobs");
  await expect(page.getByTestId("dead-job")).toHaveCount(2);
  await expect(page.getByRole("button", { name: /again/ })).toHaveCount(0);
});

for (const [name, path, row] of [
  ["webhooks", "/staff/settings/webhooks", "webhook"],
  ["a webhook", "/staff/settings/webhooks/:id", "webhook-delivery"],
  ["jobs", "/staff/settings/jobs", "dead-job"],
] as const) {
  test(`the page of ${name} fits narrow and wide screens, in light, dark and forced colours`, async ({ page }) => {
    const receiver = await startReceiver();
    const id = await createWebhook(receiver.url);
    await mutate("testWebhookEndpoint", { id }, "delivery { id }");
    await expect.poll(() => receiver.received.length).toBeGreaterThan(0);
    await showJobs(page);
    await signIn(page, "ada", "admin", path.replace(":id", id));
    await expect(page.getByTestId(row).first()).toBeVisible();
    for (const width of [360, 768, 1_600]) {
      await page.setViewportSize({ width, height: 800 });
      await expectFitsWidth(page);
    }
    await expectAccessible(page);
    await page.setViewportSize({ width: 360, height: 800 });
    await expectAccessible(page);
    for (const media of [{ colorScheme: "dark" }, { forcedColors: "active" }] as const) {
      await page.emulateMedia({ colorScheme: null, forcedColors: null, ...media });
      await expectReadable(page);
    }
    await deleteWebhook(id);
  });
}

// Measures how long a slow machine takes to answer what a user does, on pages with the data of a grown tenant:
//   SECRET=$(cat <data>/local-key) node tests/interaction.mjs <origin> [passes]
// First fills the demo tenant with large-data.mjs, if that was not done before. The CPU is slowed down to a quarter. Prints, for
// each interaction, the time from the input to the next frame that is painted (the durations of the Event Timing API, of which
// Interaction to Next Paint is made): the median and the worst of the passes, and whether the median is under 200 ms.

import { spawnSync } from "node:child_process";
import { chromium } from "playwright-core";
import { chromiumPath, LAUNCH_ARGUMENTS } from "./browser.mjs";
import { PARTNER_INTERACTIONS, STAFF_INTERACTIONS } from "./interactions.mjs";
import { createToken } from "./token.mjs";

const [origin, passes = "3"] = process.argv.slice(2);
const { SECRET: secret } = process.env;
if (!origin || !secret) {
  console.error("usage: SECRET=<key> node tests/interaction.mjs <origin> [passes]");
  process.exit(2);
}

/** How many times slower the CPU is. */
const SLOWDOWN = 4;
/** The most that is good, in milliseconds. */
const GOOD_MS = 200;
/** Shorter durations are not reported. */
const SHORTEST_MS = 16;

/** Fills the demo tenant, unless it was filled before. */
async function fill() {
  const headers = { "content-type": "application/json", authorization: `Bearer ${await createToken(secret, "large-data", "admin")}` };
  const body = JSON.stringify({ query: '{ commissionEvents(filter: { invoiceIdPrefix: "LARGE-00001" }) { totalCount } }' });
  const response = await fetch(`${origin}/graphql`, { method: "POST", headers, body });
  if ((await response.json()).data.commissionEvents.totalCount > 0) return;
  const { status } = spawnSync("node", [new URL("large-data.mjs", import.meta.url).pathname, origin], { stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

/** Collects, in the page, the durations of what the user does. */
function observe(shortest) {
  globalThis.durations = [];
  const observer = new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries()) if (interactionId) globalThis.durations.push(duration);
  });
  observer.observe({ type: "event", durationThreshold: shortest, buffered: true });
}

/** Waits until the page has loaded what it asks for and painted it. */
async function settle(page) {
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 150)))));
}

/** Performs each interaction as a user, and adds the longest of its durations to the results. */
async function measure(browser, user, role, interactions, results) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-US" });
  const page = await context.newPage();
  await page.addInitScript(observe, SHORTEST_MS);
  await page.goto(origin);
  await page.getByLabel("Token", { exact: true }).fill(await createToken(secret, user, role));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  const session = await context.newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
  for (const [name, act] of interactions) {
    await settle(page);
    await page.evaluate(() => (globalThis.durations = []));
    try {
      await act(page);
    } catch (error) {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    }
    await settle(page);
    const longest = Math.max(0, ...(await page.evaluate(() => globalThis.durations)));
    const key = `${role}: ${name}`;
    results.set(key, [...(results.get(key) ?? []), longest]);
  }
  await context.close();
}

const shown = (duration) => (duration < SHORTEST_MS ? `under ${SHORTEST_MS}` : String(duration));

await fill();
const browser = await chromium.launch({ executablePath: chromiumPath(), args: LAUNCH_ARGUMENTS });
const results = new Map();
for (let pass = 0; pass < Number(passes); pass += 1) {
  await measure(browser, "fiona", "finance", STAFF_INTERACTIONS, results);
  await measure(browser, "large", "partner", PARTNER_INTERACTIONS, results);
}
await browser.close();
console.table(
  [...results].map(([interaction, durations]) => {
    const sorted = durations.toSorted((one, other) => one - other);
    const median = sorted[Math.floor(sorted.length / 2)];
    return { interaction, "median ms": shown(median), "worst ms": shown(sorted.at(-1)), "under 200 ms": median < GOOD_MS ? "yes" : "NO" };
  }),
);

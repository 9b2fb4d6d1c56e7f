// Tests the GraphiQL page in a browser:
//   node tests/graphiql.mjs <origin> <admin token> <partner user token>
// Prints a line per check, and stops at the first that fails. CHROMIUM is the path of the browser; if SCREENSHOTS is
// the path of a folder, screenshots are written to it.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { chromiumPath, LAUNCH_ARGUMENTS } from "./browser.mjs";

const [address, adminToken, partnerToken] = process.argv.slice(2);
if (!address || !adminToken || !partnerToken) {
  console.error("usage: node tests/graphiql.mjs <origin> <admin token> <partner user token>");
  process.exit(2);
}
const { origin } = new URL(address);
const screenshotFolder = process.env.SCREENSHOTS;
// Generous, for slow and busy machines.
const TIMEOUT_IN_MS = 60_000;

const browser = await chromium.launch({ executablePath: chromiumPath(), timeout: TIMEOUT_IN_MS, args: LAUNCH_ARGUMENTS });
const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
context.setDefaultTimeout(TIMEOUT_IN_MS);
const page = await context.newPage();

/** Problems that fail every check: errors on the page or the console, and requests to other origins. */
const problems = [];
/** The paths requested from the origin. */
const requestedPaths = [];
/** Error statuses by path that a check provokes on purpose. The browser reports them on the console. */
const expectedStatuses = {};

context.on("request", (request) => {
  const url = new URL(request.url());
  if (url.protocol === "data:" || url.protocol === "blob:") return;
  if (url.origin === origin) requestedPaths.push(url.pathname);
  else problems.push(`request to another origin: ${url}`);
});
page.on("websocket", (socket) => problems.push(`WebSocket opened: ${socket.url()}`));
page.on("pageerror", (error) => problems.push(`page error: ${error.stack ?? error}`));
page.on("console", (message) => {
  const { url } = message.location();
  const status = url.startsWith(origin) && expectedStatuses[new URL(url).pathname];
  if (message.type() !== "error" || (status && message.text().includes(`status of ${status} `))) return;
  problems.push(`console error: ${message.text()} (${url})`);
});
await page.addInitScript(() => {
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
    console.error(`Content-Security-Policy violation: ${violatedDirective} ${blockedURI}`);
  });
});

const tokenField = page.getByLabel("Token", { exact: true });
const signInButton = page.getByRole("button", { name: "Sign in", exact: true });
const errorMessage = page.getByRole("alert").filter({ hasText: /\S/ });
const graphiql = page.locator(".graphiql-container");
const tabs = page.getByRole("tab");

function assert(condition, message) {
  if (!condition) throw new Error(message);
}

async function screenshot(name) {
  if (!screenshotFolder) return;
  mkdirSync(screenshotFolder, { recursive: true });
  await page.screenshot({ path: join(screenshotFolder, `${name}.png`), animations: "disabled" });
}

async function signIn(token) {
  await tokenField.fill(token);
  await signInButton.click();
}

/** Waits until GraphiQL has loaded its examples and the schema. */
async function waitForGraphiql() {
  await page.locator(".graphiql-query-editor .monaco-editor .view-line").first().waitFor();
  await tabs.nth(2).waitFor();
  await page.waitForFunction(() => !document.querySelector(".graphiql-sidebar .graphiql-spin"));
}

/** Waits for the error message of a failed sign-in, and returns it. */
async function signInError() {
  await errorMessage.waitFor();
  assert((await graphiql.count()) === 0, "GraphiQL is shown despite the error");
  return errorMessage.innerText();
}

/** Replaces the text of an editor. */
async function replaceText(editor, text) {
  await editor.locator(".view-lines").click();
  await page.keyboard.press("ControlOrMeta+A");
  // Inserted like pasted text: while typing, the editor would add closing brackets.
  await page.keyboard.insertText(text);
}

/** Runs a named query, and waits until its result contains a text. */
async function run(name, query, expected) {
  await replaceText(page.locator(".graphiql-query-editor .monaco-editor"), query);
  // GraphiQL parses the text after a delay, and then names the tab after the query.
  await tabs.filter({ hasText: name }).waitFor();
  await page.getByRole("button", { name: /^Execute query/ }).click();
  await waitForText(page.locator(".result-window .view-lines"), expected);
}

/** Waits until an element contains a text. White space may differ, as the editor uses non-breaking spaces. */
async function waitForText(element, expected) {
  const pattern = new RegExp(expected.replace(/[^\w\s]/g, "\\$&").replace(/\s+/g, "\\s+"));
  try {
    await element.filter({ hasText: pattern }).waitFor();
  } catch {
    const found = (await element.allInnerTexts()).join("\n") || "nothing";
    throw new Error(`expected ${expected}, found ${found}`);
  }
}

/** Sends a query to the server, bypassing the page. */
async function request(query) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${adminToken}` };
  const response = await fetch(`${origin}/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });
  return (await response.json()).data;
}

/** Whether the page fits the width of its window. Runs in the browser. */
const fitsWidth = () => document.documentElement.scrollWidth <= innerWidth;
const backgroundColor = (selector) =>
  page.locator(selector).first().evaluate((element) => getComputedStyle(element).backgroundColor);

async function setTheme(name) {
  await page.getByRole("button", { name: "Open settings dialog" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name, exact: true }).click();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
}

async function assertNoTokenStored() {
  const entries = await page.evaluate(() => {
    return [...Object.entries(localStorage), ["cookies", document.cookie], ["URL", location.href]];
  });
  const entriesWithToken = entries.filter(([, text]) => [adminToken, partnerToken].some((token) => text.includes(token)));
  assert(entriesWithToken.length === 0, `a token is in ${entriesWithToken.map(([name]) => name).join(", ")}`);
}

async function signOut() {
  await page.getByRole("button", { name: "Sign out" }).click();
  await tokenField.waitFor();
  assert((await graphiql.count()) === 0, "GraphiQL is still there");
  assert((await page.evaluate(() => sessionStorage.length)) === 0, "sessionStorage is not empty");
}

const checks = {
  "the page loads with its Content-Security-Policy": async () => {
    const answer = await page.goto(`${origin}/graphiql`);
    assert(answer?.ok(), `it answered ${answer?.status()}`);
    const policy = answer.headers()["content-security-policy"] ?? "none";
    assert(policy.includes("default-src 'none'") && /script-src 'self'(;|$)/.test(policy), `its policy is ${policy}`);
    assert((await page.title()) === "revshare GraphiQL", `its title is ${await page.title()}`);
    await tokenField.waitFor();
    await screenshot("sign-in-light");
  },

  "the sign-in form follows the system's theme, and fits a narrow screen": async () => {
    const light = await backgroundColor("body");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 360, height: 740 });
    const dark = await backgroundColor("body");
    assert(light !== dark, `both are ${light}`);
    await page.waitForFunction(fitsWidth);
    await screenshot("sign-in-dark-narrow");
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 800 });
  },

  "an invalid token is rejected with a message": async () => {
    expectedStatuses["/graphql"] = 401;
    await signIn("no.such.token");
    const text = await signInError();
    assert(/token/.test(text), `the message is: ${text}`);
    delete expectedStatuses["/graphql"];
  },

  "a partner is rejected, and loads no more scripts": async () => {
    const before = requestedPaths.filter((path) => path.startsWith("/assets/")).length;
    await signIn(partnerToken);
    await page.getByText("GraphiQL is for staff").waitFor();
    const text = await signInError();
    assert(/^GraphiQL is for staff; \S+ is a partner user of .+\.$/.test(text), `the message is: ${text}`);
    const after = requestedPaths.filter((path) => path.startsWith("/assets/")).length;
    assert(before === after, `it loaded ${requestedPaths.slice(-5).join(", ")}`);
    assert((await page.evaluate(() => sessionStorage.length)) === 0, "the token was stored");
    await screenshot("sign-in-rejected");
  },

  "an admin signs in and finds three examples": async () => {
    await signIn(adminToken);
    await waitForGraphiql();
    await waitForText(page.locator("header"), "admin");
    const titles = await tabs.allInnerTexts();
    assert(["Partner", "Finance", "Billing"].every((kind, index) => titles[index]?.startsWith(kind)), `tabs: ${titles}`);
    await tabs.nth(2).click();
    await waitForText(page.locator(".graphiql-editor-tool .view-lines").first(), '"invoiceId": "INV-');
    await tabs.nth(0).click();
    await waitForText(page.locator(".graphiql-query-editor .view-lines"), "query PartnerRevenue");
    await screenshot("graphiql");
  },

  "an example runs": async () => {
    await page.getByRole("button", { name: /^Execute query/ }).click();
    await page.getByRole("menuitem", { name: "PartnerRevenue" }).click();
    await waitForText(page.locator(".result-window .view-lines"), '"outstandingBalance"');
    await screenshot("graphiql-result");
  },

  "a query with variables runs": async () => {
    await page.getByRole("button", { name: "New tab" }).click();
    await replaceText(page.locator(".graphiql-editor-tool .monaco-editor").first(), '{ "first": 1 }');
    const query = "query Mine($first: Int) { viewer { role } partners(first: $first) { nodes { companyName } } }";
    await run("Mine", query, '"role": "admin"');
    await waitForText(page.locator(".result-window .view-lines"), '"companyName": "');
  },

  "the headers of a tab override the token, and are not stored": async () => {
    await page.getByRole("button", { name: "Headers", exact: true }).click();
    const headers = page.locator(".graphiql-editor-tool .monaco-editor").last();
    await replaceText(headers, JSON.stringify({ Authorization: `Bearer ${partnerToken}` }));
    await run("AsPartner", "query AsPartner { viewer { role } }", '"role": "partner"');
    // The history is stored at once, the tab half a second after the last change.
    await page.waitForFunction(() => {
      const contains = (key) => localStorage.getItem(`revshare:graphiql:${key}`)?.includes("AsPartner");
      return contains("tabState") && contains("queries");
    });
    await assertNoTokenStored();
  },

  "the history lists the queries that ran": async () => {
    await page.getByRole("button", { name: "Show History" }).click();
    await waitForText(page.locator(".graphiql-history"), "Mine");
    await page.getByRole("button", { name: "Hide History" }).click();
  },

  "the documentation describes a type": async () => {
    const { __type: type } = await request('{ __type(name: "Viewer") { description } }');
    await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
    const docs = page.locator(".graphiql-doc-explorer");
    await docs.getByRole("link", { name: "Query", exact: true }).click();
    await docs.getByRole("link", { name: "Viewer", exact: true }).first().click();
    await waitForText(docs.locator(".graphiql-doc-explorer-title"), "Viewer");
    await waitForText(docs, type.description);
    await screenshot("docs");
    await page.getByRole("button", { name: "Hide Documentation Explorer" }).click();
  },

  "GraphiQL has a light theme, a dark theme, and the system's": async () => {
    const colors = async () => [await backgroundColor(".graphiql-container"), await backgroundColor("header")].join(" and ");
    const system = await colors();
    await setTheme("Dark");
    const dark = await colors();
    await screenshot("graphiql-dark");
    await setTheme("Light");
    const light = await colors();
    assert(light !== dark, `light and dark are both ${light}`);
    assert(light === system, `the system's light theme is ${system}, and light is ${light}`);
    await setTheme("System");
    await page.emulateMedia({ colorScheme: "dark" });
    assert((await colors()) === dark, `the system's dark theme is ${await colors()}, and dark is ${dark}`);
    await page.emulateMedia({ colorScheme: "light" });
  },

  "a narrow screen shows the query and the result": async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.waitForFunction(fitsWidth);
    for (const part of [".graphiql-query-editor", ".result-window"]) {
      const box = await page.locator(part).boundingBox();
      assert(box && box.width > 200, `${part} is ${box?.width} wide`);
    }
    await screenshot("graphiql-narrow");
    await page.setViewportSize({ width: 1280, height: 800 });
  },

  "a reload stays signed in, with the token in sessionStorage only": async () => {
    await page.reload();
    await waitForGraphiql();
    await waitForText(page.locator("header"), "admin");
    await assertNoTokenStored();
  },

  "an expired token leads back to the sign-in form": async () => {
    expectedStatuses["/graphql"] = 401;
    const body = JSON.stringify({ errors: [{ message: "the token has expired" }] });
    const respond = (route) => route.fulfill({ status: 401, contentType: "application/json", body });
    await page.route("**/graphql", respond);
    await page.getByRole("button", { name: /^Re-fetch GraphQL schema/ }).click();
    const text = await signInError();
    assert(text.includes("the token has expired"), `the message is: ${text}`);
    await page.unroute("**/graphql", respond);
    delete expectedStatuses["/graphql"];
  },

  "a demo user signs in with one click": async () => {
    const { demo } = await (await fetch(`${origin}/sign-in/options`)).json();
    const staff = demo.find(({ role }) => !["partner", "billing"].includes(role));
    const choices = page.getByRole("region", { name: "Or try the demo as" }).getByRole("button");
    if (!staff) {
      const count = await choices.count();
      assert(demo.length > 0 || count === 0, `${count} demo users on a server without the demo`);
      return "there is no demo user for staff";
    }
    await choices.filter({ hasText: staff.user }).click();
    await waitForGraphiql();
    await waitForText(page.locator("header"), staff.user);
    await signOut();
  },

  "signing out removes the session": async () => {
    await signIn(adminToken);
    await waitForGraphiql();
    await signOut();
    await assertNoTokenStored();
    await page.reload();
    await tokenField.waitFor();
    assert((await graphiql.count()) === 0, "the reload signed in again");
  },
};

try {
  for (const [name, check] of Object.entries(checks)) {
    let skipped;
    try {
      skipped = await check();
      assert(problems.length === 0, "unexpected problems:");
    } catch (error) {
      await screenshot("failed").catch(() => {});
      console.error(`FAILED ${name}\n${[error.message, ...problems].join("\n")}`);
      process.exitCode = 1;
      break;
    }
    console.log(skipped ? `ok ${name}: skipped, ${skipped}` : `ok ${name}`);
  }
} finally {
  await browser.close();
}

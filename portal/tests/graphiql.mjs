// Uses the GraphiQL page in a real browser: node tests/graphiql.mjs <origin> <adminToken> <partnerToken>
// Prints a line for each check, and fails at the first that is not passed. $CHROMIUM names the browser's program;
// $SCREENSHOTS a folder for pictures of what was seen.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { ARGUMENTS, program } from "./browser.mjs";

const [address, adminToken, partnerToken] = process.argv.slice(2);
if (!address || !adminToken || !partnerToken) {
  console.error("usage: node tests/graphiql.mjs <origin> <adminToken> <partnerToken>");
  process.exit(2);
}
const { origin } = new URL(address);
const pictures = process.env.SCREENSHOTS;
// For a slow machine that does other things too; whoever waits, waits for something.
const PATIENCE = 60_000;

const browser = await chromium.launch({ executablePath: program(), timeout: PATIENCE, args: ARGUMENTS });
const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
context.setDefaultTimeout(PATIENCE);
const page = await context.newPage();

/** What must not happen, whatever is being checked. */
const faults = [];
/** What was asked of the origin. */
const paths = [];
/** Statuses that a check brings about on purpose; the browser reports them as errors of its own. */
const foreseen = {};

context.on("request", (request) => {
  const url = new URL(request.url());
  if (url.protocol === "data:" || url.protocol === "blob:") return;
  if (url.origin === origin) paths.push(url.pathname);
  else faults.push(`a request left the origin: ${url}`);
});
page.on("websocket", (socket) => faults.push(`a socket was opened: ${socket.url()}`));
page.on("pageerror", (error) => faults.push(`an error of the page: ${error.stack ?? error}`));
page.on("console", (message) => {
  const { url } = message.location();
  const status = url.startsWith(origin) && foreseen[new URL(url).pathname];
  if (message.type() !== "error" || (status && message.text().includes(`status of ${status} `))) return;
  faults.push(`an error on the console: ${message.text()} (${url})`);
});
await page.addInitScript(() => {
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
    console.error(`against the policy: ${violatedDirective} ${blockedURI}`);
  });
});

const field = page.getByLabel("Token", { exact: true });
const signInButton = page.getByRole("button", { name: "Sign in", exact: true });
const reason = page.getByRole("alert").filter({ hasText: /\S/ });
const graphiql = page.locator(".graphiql-container");
const tabs = page.getByRole("tab");

function demand(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

async function picture(name) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), animations: "disabled" });
}

async function signIn(token) {
  await field.fill(token);
  await signInButton.click();
}

/** Waits until GraphiQL is there, with its examples and the schema. */
async function ready() {
  await page.locator(".graphiql-query-editor .monaco-editor .view-line").first().waitFor();
  await tabs.nth(2).waitFor();
  await page.waitForFunction(() => !document.querySelector(".graphiql-sidebar .graphiql-spin"));
}

/** What is said at the door, where nobody was let in. */
async function refusal() {
  await reason.waitFor();
  demand((await graphiql.count()) === 0, "GraphiQL is there all the same");
  return reason.innerText();
}

/** Writes into one of the editors, in place of what is there. */
async function write(editor, text) {
  await editor.locator(".view-lines").click();
  await page.keyboard.press("ControlOrMeta+A");
  // As if pasted: typed, brackets would be closed a second time.
  await page.keyboard.insertText(text);
}

/** Runs a query with a name and waits for its result to show a text. */
async function run(name, query, expected) {
  await write(page.locator(".graphiql-query-editor .monaco-editor"), query);
  // GraphiQL reads what is written a little later; from then on the tab has its name.
  await tabs.filter({ hasText: name }).waitFor();
  await page.getByRole("button", { name: /^Execute query/ }).click();
  await shown(page.locator(".result-window .view-lines"), expected);
}

/** Waits until an element shows a text. Editors have spaces of their own. */
async function shown(element, expected) {
  const pattern = new RegExp(expected.replace(/[^\w\s]/g, "\\$&").replace(/\s+/g, "\\s+"));
  try {
    await element.filter({ hasText: pattern }).waitFor();
  } catch {
    const found = (await element.allInnerTexts()).join("\n") || "nothing";
    throw new Error(`expected ${expected}, found ${found}`);
  }
}

/** Asks the server without the page. */
async function ask(query) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${adminToken}` };
  const response = await fetch(`${origin}/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });
  return (await response.json()).data;
}

/** Whether a page is no wider than its window. */
const fits = () => document.documentElement.scrollWidth <= innerWidth;
const colour = (selector) => page.locator(selector).first().evaluate((found) => getComputedStyle(found).backgroundColor);

async function setTheme(name) {
  await page.getByRole("button", { name: "Open settings dialog" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name, exact: true }).click();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
}

async function demandNoTokenStored() {
  const places = await page.evaluate(() => [...Object.entries(localStorage), ["cookies", document.cookie], ["address", location.href]]);
  const telling = places.filter(([, text]) => [adminToken, partnerToken].some((token) => text.includes(token)));
  demand(telling.length === 0, `a token is in ${telling.map(([place]) => place).join(", ")}`);
}

async function signOut() {
  await page.getByRole("button", { name: "Sign out" }).click();
  await field.waitFor();
  demand((await graphiql.count()) === 0, "GraphiQL is still there");
  demand((await page.evaluate(() => sessionStorage.length)) === 0, "something stayed in sessionStorage");
}

const CHECKS = {
  "the page opens under its policy": async () => {
    const answer = await page.goto(`${origin}/graphiql`);
    demand(answer?.ok(), `it answered ${answer?.status()}`);
    const policy = answer.headers()["content-security-policy"] ?? "none";
    demand(policy.includes("default-src 'none'") && /script-src 'self'(;|$)/.test(policy), `its policy is ${policy}`);
    demand((await page.title()) === "revshare GraphiQL", `its title is ${await page.title()}`);
    await field.waitFor();
    await picture("door-light");
  },

  "the door is dark where the system is, and fits a narrow screen": async () => {
    const light = await colour("body");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 360, height: 740 });
    const dark = await colour("body");
    demand(light !== dark, `both are ${light}`);
    await page.waitForFunction(fits);
    await picture("door-dark-narrow");
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 800 });
  },

  "what is no token is refused in words": async () => {
    foreseen["/graphql"] = 401;
    await signIn("no.such.token");
    const text = await refusal();
    demand(/token/.test(text), `it says: ${text}`);
    delete foreseen["/graphql"];
  },

  "a partner is refused, and loads nothing more": async () => {
    const before = paths.filter((path) => path.startsWith("/assets/")).length;
    await signIn(partnerToken);
    await page.getByText("GraphiQL is for staff").waitFor();
    const text = await refusal();
    demand(/^GraphiQL is for staff; \S+ is a partner user of .+\.$/.test(text), `it says: ${text}`);
    const after = paths.filter((path) => path.startsWith("/assets/")).length;
    demand(before === after, `it loaded ${paths.slice(-5).join(", ")}`);
    demand((await page.evaluate(() => sessionStorage.length)) === 0, "the token was kept");
    await picture("door-refused");
  },

  "an admin signs in and finds three examples": async () => {
    await signIn(adminToken);
    await ready();
    await shown(page.locator("header"), "admin");
    const titles = await tabs.allInnerTexts();
    demand(["Partner", "Finance", "Billing"].every((kind, at) => titles[at]?.startsWith(kind)), `tabs: ${titles}`);
    await tabs.nth(2).click();
    await shown(page.locator(".graphiql-editor-tool .view-lines").first(), '"invoiceId": "INV-');
    await tabs.nth(0).click();
    await shown(page.locator(".graphiql-query-editor .view-lines"), "query PartnerRevenue");
    await picture("desk");
  },

  "an example runs": async () => {
    await page.getByRole("button", { name: /^Execute query/ }).click();
    await page.getByRole("menuitem", { name: "PartnerRevenue" }).click();
    await shown(page.locator(".result-window .view-lines"), '"outstandingBalance"');
    await picture("desk-result");
  },

  "a query runs, with variables": async () => {
    await page.getByRole("button", { name: "New tab" }).click();
    await write(page.locator(".graphiql-editor-tool .monaco-editor").first(), '{ "first": 1 }');
    const query = "query Mine($first: Int) { viewer { role } partners(first: $first) { nodes { companyName } } }";
    await run("Mine", query, '"role": "admin"');
    await shown(page.locator(".result-window .view-lines"), '"companyName": "');
  },

  "a tab may be somebody else by its headers, which are not stored": async () => {
    await page.getByRole("button", { name: "Headers", exact: true }).click();
    const headers = page.locator(".graphiql-editor-tool .monaco-editor").last();
    await write(headers, JSON.stringify({ Authorization: `Bearer ${partnerToken}` }));
    await run("Theirs", "query Theirs { viewer { role } }", '"role": "partner"');
    // Stored after a while: the history at once, the tab when nothing was written for half a second.
    await page.waitForFunction(() => {
      const holds = (key) => localStorage.getItem(`revshare:graphiql:${key}`)?.includes("Theirs");
      return holds("tabState") && holds("queries");
    });
    await demandNoTokenStored();
  },

  "the history tells what was run": async () => {
    await page.getByRole("button", { name: "Show History" }).click();
    await shown(page.locator(".graphiql-history"), "Mine");
    await page.getByRole("button", { name: "Hide History" }).click();
  },

  "the documentation describes a type": async () => {
    const { __type: type } = await ask('{ __type(name: "Viewer") { description } }');
    await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
    const docs = page.locator(".graphiql-doc-explorer");
    await docs.getByRole("link", { name: "Query", exact: true }).click();
    await docs.getByRole("link", { name: "Viewer", exact: true }).first().click();
    await shown(docs.locator(".graphiql-doc-explorer-title"), "Viewer");
    await shown(docs, type.description);
    await picture("docs");
    await page.getByRole("button", { name: "Hide Documentation Explorer" }).click();
  },

  "light, dark and the system's theme": async () => {
    const painted = async () => [await colour(".graphiql-container"), await colour("header")].join(" and ");
    const system = await painted();
    await setTheme("Dark");
    const dark = await painted();
    await picture("desk-dark");
    await setTheme("Light");
    const light = await painted();
    demand(light !== dark, `light and dark are both ${light}`);
    demand(light === system, `the system's light theme is ${system}, and light is ${light}`);
    await setTheme("System");
    await page.emulateMedia({ colorScheme: "dark" });
    demand((await painted()) === dark, `the system's dark theme is ${await painted()}, and dark is ${dark}`);
    await page.emulateMedia({ colorScheme: "light" });
  },

  "a narrow screen shows query and result": async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.waitForFunction(fits);
    for (const part of [".graphiql-query-editor", ".result-window"]) {
      const box = await page.locator(part).boundingBox();
      demand(box && box.width > 200, `${part} is ${box?.width} wide`);
    }
    await picture("desk-narrow");
    await page.setViewportSize({ width: 1280, height: 800 });
  },

  "a reload stays signed in, by what the tab alone holds": async () => {
    await page.reload();
    await ready();
    await shown(page.locator("header"), "admin");
    await demandNoTokenStored();
  },

  "a token that ends leads back to the door": async () => {
    foreseen["/graphql"] = 401;
    const body = JSON.stringify({ errors: [{ message: "it has ended" }] });
    const ended = (route) => route.fulfill({ status: 401, contentType: "application/json", body });
    await page.route("**/graphql", ended);
    await page.getByRole("button", { name: /^Re-fetch GraphQL schema/ }).click();
    const text = await refusal();
    demand(text.includes("it has ended"), `it says: ${text}`);
    await page.unroute("**/graphql", ended);
    delete foreseen["/graphql"];
  },

  "a demo token signs in": async () => {
    const { demo } = await (await fetch(`${origin}/sign-in/options`)).json();
    const staff = demo.find(({ role }) => !["partner", "billing"].includes(role));
    const choices = page.getByRole("region", { name: "Or try the demo as" }).getByRole("button");
    if (!staff) {
      const count = await choices.count();
      demand(demo.length > 0 || count === 0, `${count} choices on a server that is no demo`);
      return "there is none for staff";
    }
    await choices.filter({ hasText: staff.user }).click();
    await ready();
    await shown(page.locator("header"), staff.user);
    await signOut();
  },

  "signing out leaves nothing": async () => {
    await signIn(adminToken);
    await ready();
    await signOut();
    await demandNoTokenStored();
    await page.reload();
    await field.waitFor();
    demand((await graphiql.count()) === 0, "a reload signed in again");
  },
};

try {
  for (const [name, check] of Object.entries(CHECKS)) {
    let skipped;
    try {
      skipped = await check();
      demand(faults.length === 0, "something happened that must not:");
    } catch (error) {
      await picture("failed").catch(() => {});
      console.error(`FAILED ${name}\n${[error.message, ...faults].join("\n")}`);
      process.exitCode = 1;
      break;
    }
    console.log(skipped ? `ok ${name}: skipped, ${skipped}` : `ok ${name}`);
  }
} finally {
  await browser.close();
}

import type { Page } from "@playwright/test";

import {
  approveAndPay, createPartner, createToken, daysAgo, expect, expectAccessible, expectFitsWidth, expectLoaded, mutate, recordInvoice,
  recordRefundedInvoice, signInGerman, submitToken, test, visit,
} from "./support";

test.use({ locale: "de-AT" });

const PARTNER_PATHS = [
  "/partners/revenue", "/partners/commissions", "/partners/payouts", "/partners/statements", "/partners/referrals",
  "/partners/accounts", "/partners/terms", "/partners/notifications", "/partners/payout-account",
];

const STAFF_PATHS = [
  "/staff/overview", "/staff", "/staff/commissions", "/staff/payouts", "/staff/statements", "/staff/partners", "/staff/accounts",
  "/staff/leads", "/staff/invoices", "/staff/reconciliation", "/staff/audit", "/staff/settings", "/staff/settings/tokens",
  "/staff/settings/webhooks", "/staff/settings/jobs", "/staff/settings/mails", "/staff/nowhere",
];

/** The letters that stand for those of the translations. */
const MARK = "Ж";

/** Replaces each letter of a compiled message; placeholders and the tags of elements stay. */
function marked(message: unknown): unknown {
  if (typeof message === "string") return message.replace(/(<\/?\d+\/?>)|\p{L}/gu, (_, tag?: string) => tag ?? MARK);
  if (!Array.isArray(message)) return message;
  return message.map((part: unknown) => {
    if (typeof part === "string") return marked(part);
    if (!Array.isArray(part)) return part;
    const [name, type, forms] = part as [string, string?, Record<string, unknown>?];
    if (!forms) return part;
    return [name, type, Object.fromEntries(Object.entries(forms).map(([form, text]) => [form, marked(text)]))];
  });
}

/** Serves the German catalog with marks instead of letters: every letter that is left is not a translation. */
async function markTranslations(page: Page): Promise<void> {
  await page.route(/\/assets\/de-[^/]+\.js$/, async (route) => {
    const response = await route.fetch({ headers: { ...route.request().headers(), "accept-encoding": "identity" } });
    const text = await response.text();
    const body = text.replace(/JSON\.parse\((`|'|")(.*)\1\)/s, (_, quote: string, json: string) => {
      const messages = JSON.parse(new Function(`return ${quote}${json}${quote}`)() as string) as Record<string, unknown>;
      const entries = Object.entries(messages).map(([id, message]) => [id, marked(message)]);
      return `JSON.parse(${JSON.stringify(JSON.stringify(Object.fromEntries(entries)))})`;
    });
    expect(body).toContain(MARK);
    await route.fulfill({ body, contentType: "text/javascript" });
  });
}

/** What is not a word of the pages: names, identifiers, amounts, dates, and words of the server, which are marked as such. */
const DATA = "noscript, bdi, code, time, [translate=no], [lang=en], select.language, datalist, script, style, .demo-users, .currency";

/** The texts and names of elements in which letters are left. */
const wordsLeft = (page: Page) =>
  page.evaluate((data) => {
    const words: string[] = [];
    const check = (text: string | null) => {
      // Codes of currencies and identifiers, and the months and units of `Intl`.
      const rest = (text ?? "").replace(/\u2068.*?\u2069/gs, "").replace(/\b[A-Z0-9-]{2,}\b|\p{L}*\d[\w-]*/gu, "");
      if (/[a-zäöüß]{2,}/i.test(rest)) words.push(text ?? "");
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      if (!walker.currentNode.parentElement?.closest(data)) check(walker.currentNode.textContent);
    }
    for (const element of document.querySelectorAll("[aria-label], [placeholder], [title], [alt]")) {
      if (element.closest(data)) continue;
      for (const name of ["aria-label", "placeholder", "title", "alt"]) check(element.getAttribute(name));
    }
    return words;
  }, DATA);

/** The words that are the same in all languages, or formatted by the browser. */
const SAME = /^(revshare|Excel|USD|Jän|Feb|März?|Mär|Apr|Mai|Juni?|Juli?|Aug|Sep|Okt|Nov|Dez|vor|in|Tagen?|Stunden?|Minuten?|gestern|heute|morgen|Wochen?|Monat(en)?|jetzt|letzten?|und|Mio|Tsd|MEZ|MESZ|GMT|UTC|America|New|York|Etc|Deutschland)$/i;

for (const [kind, user, role, paths] of [
  ["partners", "paula", "partner", PARTNER_PATHS],
  ["staff", "ada", "admin", STAFF_PATHS],
] as const) {
  test(`the pages of ${kind} have no words outside of the catalog`, async ({ page }) => {
    await markTranslations(page);
    await page.goto("/");
    await page.getByLabel(MARK.repeat(5), { exact: true }).first().fill(await createToken(user, role));
    await page.keyboard.press("Enter");
    await expectLoaded(page);
    const left: string[] = [];
    for (const path of paths) {
      await visit(page, path);
      for (const text of await wordsLeft(page)) {
        const unknown = (text.match(/\p{L}{2,}/gu) ?? []).filter((word) => !SAME.test(word) && !/^[A-Z]{3}$/.test(word) && !word.includes(MARK));
        if (unknown.length > 0) left.push(`${path}: ${text}`);
      }
    }
    expect(left).toEqual([]);
  });
}

test("the language is that of the browser until another one is chosen, which is remembered", async ({ page }) => {
  const partner = await createPartner("EUR");
  await recordInvoice(partner, "12345.60", 1, "EUR");
  await page.goto("/");
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expectAccessible(page);
  await page.getByLabel("Sprache").selectOption("English");
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await submitToken(page, await createToken(partner.user, "partner"));
  await expect(page.getByRole("heading", { name: "Revenue & Commissions" })).toBeVisible();
  await expect(page.getByTestId("commission-row")).toContainText("€1,851.84");
  await page.getByLabel("Language").selectOption("Deutsch");
  await expect(page.getByRole("heading", { name: "Umsatz und Provisionen" })).toBeVisible();
  await expect(page).toHaveTitle("Umsatz und Provisionen · revshare");
  await expect(page.getByTestId("commission-row")).toContainText("1.851,84");
  // As Austrians group digits and name currencies: the region is that of the browser.
  await expect(page.locator(".cards")).toContainText("€ 1.851,84");
  await page.reload();
  await expect(page.getByRole("heading", { name: "Umsatz und Provisionen" })).toBeVisible();
});

test("errors are in German with their details, and otherwise marked as English", async ({ page }) => {
  const partner = await createPartner();
  await signInGerman(page, "sue", "support", `/staff/partners/${partner.id}`);
  await page.getByRole("button", { name: "Kunden zuordnen…" }).click();
  const dialog = page.getByRole("dialog", { name: "Kunden zuordnen" });
  await dialog.getByRole("button", { name: "Kunden zuordnen" }).click();
  await expect(dialog.getByText("darf nicht leer sein")).toBeVisible();
  await dialog.getByLabel("Kunden-ID").fill(partner.customer);
  await dialog.getByRole("button", { name: "Kunden zuordnen" }).click();
  await expect(dialog).toContainText("Ein Partner betreut den Kunden bereits in einem Teil des Zeitraums dieser Zuordnung");
  await dialog.getByLabel("Kunden-ID").fill("x".repeat(300));
  await dialog.getByRole("button", { name: "Kunden zuordnen" }).click();
  await expect(dialog.getByText("hat 300 Zeichen; höchstens 255 sind erlaubt")).toBeVisible();
  await expect(dialog.locator("p [lang=en]")).toHaveCount(0);

  // What only a newer server says: the sentence of its code, and its own words with the details.
  const error = { __typename: "UserError", code: "CONFLICT", message: "only 12.00 USD is open", field: ["input"], row: null };
  const payload = { __typename: "ManagedAccountPayload", managedAccount: null, userErrors: [error] };
  await page.route("**/graphql", async (route) => {
    if (!route.request().postData()?.includes('"AssignManagedAccount"')) return route.fallback();
    await route.fulfill({ json: { data: { assignManagedAccount: payload } } });
  });
  await dialog.getByRole("button", { name: "Kunden zuordnen" }).click();
  await expect(dialog.getByRole("alert")).toContainText("Das widerspricht dem, was bereits gespeichert ist.");
  await expect(dialog.locator("p [lang=en]")).toHaveText("(only 12.00 USD is open)");
});

test("amounts in the errors of the server are written as Germans do", async ({ page }) => {
  const partner = await createPartner();
  const event = await recordInvoice(partner, "10.00", 20);
  await signInGerman(page, "fiona", "finance", `/staff?event=${event}`);
  await page.getByRole("button", { name: "Rechnung korrigieren…" }).click();
  const dialog = page.getByRole("dialog").last();
  await dialog.getByLabel("Basisbetrag").fill("1.234,56");
  await dialog.getByLabel("Grund").fill("ein Tippfehler");
  await dialog.getByRole("button", { name: "Rechnung korrigieren", exact: true }).click();
  await expect(dialog.getByLabel("Basisbetrag")).toHaveAccessibleDescription(/^ist \$\s1\.234,56; darf höchstens .* \$\s10,00 sein$/);
});

test("acts and their results are in German", async ({ page }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "1000.00");
  await recordInvoice(partner, "2000.00");
  await signInGerman(page, "fiona", "finance", `/staff?partnerId=${partner.id}`);
  await page.getByLabel("Alle auf dieser Seite auswählen").check();
  await expect(page.getByText("2 Provisionen ausgewählt")).toBeVisible();
  await page.getByRole("button", { name: /^2 ausgewählte genehmigen: \$\s450,00/ }).click();
  const dialog = page.getByRole("dialog", { name: "2 Provisionen genehmigen?" });
  await dialog.getByRole("button", { name: "Genehmigen", exact: true }).click();
  await expect(page.getByRole("status").first()).toContainText(/2 Provisionen genehmigt: \$\s450,00/);
  await page.getByRole("button", { name: "Rückgängig machen" }).click();
  await expect(page.getByRole("status").first()).toContainText("Die Genehmigung von 2 Provisionen wurde zurückgenommen.");
});

test("in German, whose words are longer, all pages fit a telephone", async ({ page }) => {
  const partner = await createPartner();
  const event = await recordInvoice(partner, "1000.00", 20);
  await recordRefundedInvoice(partner, daysAgo(9), daysAgo(2));
  await approveAndPay(partner, [event]);
  const lead = { partnerId: partner.id, companyName: "Donaudampfschifffahrtsgesellschaft", contactName: "Ida", contactEmail: "ida@example.com" };
  await mutate("submitReferralLead", lead, "referralLead { id }");
  await page.setViewportSize({ width: 360, height: 800 });
  await signInGerman(page, "ada", "admin", "/staff/overview");
  const ofPartner = PARTNER_PATHS.map((path) => `${path}?partner=${partner.id}`);
  for (const path of [...STAFF_PATHS, `/staff/partners/${partner.id}`, ...ofPartner]) {
    await test.step(path, async () => {
      await visit(page, path);
      await expectFitsWidth(page);
    });
  }
  // What axe examines is the same in all languages but for the names of controls.
  await visit(page, "/staff");
  await expectAccessible(page);
});

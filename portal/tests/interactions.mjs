// What users do, for interaction.mjs: names, and functions that do it in a page.

const TYPING_DELAY_MS = 80;

const dialog = (page) => page.getByRole("dialog").last();

/** Follows a link of the navigation. */
const follow = (name) => [
  `go to ${name}`,
  (page) => page.getByRole("navigation", { name: "Pages", exact: true }).getByRole("link", { name, exact: true }).click(),
];

const press = (name, button) => [name, (page) => page.getByRole("button", { name: button }).first().click()];

const pressInDialog = (name, button) => [name, (page) => dialog(page).getByRole("button", { name: button }).last().click()];

/** Enters a text into a field, letter by letter. */
const type = (name, label, text) => [
  name,
  async (page) => {
    await page.getByLabel(label, { exact: true }).last().click();
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type(text, { delay: TYPING_DELAY_MS });
  },
];

const typeInDialog = (name, label, text) => [
  name,
  async (page) => {
    await dialog(page).getByLabel(label).first().click();
    await page.keyboard.type(text, { delay: TYPING_DELAY_MS });
  },
];

/** Empties a field. */
const empty = (name, label) => [
  name,
  async (page) => {
    await page.getByLabel(label, { exact: true }).last().click();
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.press("Backspace");
  },
];

/** Chooses the next option of a list with the keyboard. */
const choose = (name, label) => [
  name,
  async (page) => {
    await page.getByLabel(label, { exact: true }).last().focus();
    await page.keyboard.press("ArrowDown");
  },
];

const openRow = (name, row) => [name, (page) => page.getByTestId(row).nth(2).getByRole("link").first().click()];

const escape = (name) => [name, (page) => page.keyboard.press("Escape")];

const tick = (name, locate) => [name, (page) => locate(page).click()];

const sort = (name, column) => [name, (page) => page.getByRole("columnheader", { name: column }).getByRole("button").click()];

const search = (text) => [
  `search “${text}” in the frame`,
  async (page) => {
    await page.keyboard.press("ControlOrMeta+K");
    await page.keyboard.type(text, { delay: TYPING_DELAY_MS });
    await page.getByRole("listbox", { name: "Results" }).getByRole("option").first().waitFor();
    await page.keyboard.press("ArrowDown");
  },
];

const leaveSearch = [
  "leave the search",
  async (page) => {
    await page.keyboard.press("Escape");
    await page.locator("h1").click();
  },
];

export const STAFF_INTERACTIONS = [
  follow("Overview"),
  follow("Work queue"),
  tick("queue: select a commission", (page) => page.getByTestId("queued-commission").nth(1).getByRole("checkbox")),
  tick("queue: select all on the page", (page) => page.getByLabel("Select all on this page")),
  press("queue: open the dialog that holds back", "Hold back selected"),
  typeInDialog("queue: enter a reason", "Reason", "to be checked by a colleague"),
  escape("queue: close the dialog"),
  press("queue: open the dialog that approves", /^Approve \d+ selected/),
  escape("queue: close that dialog"),
  tick("queue: unselect all on the page", (page) => page.getByLabel("Select all on this page")),
  openRow("queue: open a commission", "queued-commission"),
  escape("queue: close the commission"),
  press("queue: next page", "Next"),
  press("queue: previous page", "Previous"),
  type("queue: filter by partner", "Partner", "Partner 1"),
  type("queue: filter by currency", "Currency", "usd"),
  empty("queue: remove the currency", "Currency"),
  choose("queue: show others", "Show"),
  follow("Commissions"),
  type("commissions: filter by customer", "Customer id", "large-0-1"),
  empty("commissions: remove the filter", "Customer id"),
  type("commissions: filter by invoice", "Invoice begins with", "LARGE-00"),
  sort("commissions: sort", /^Commission/),
  press("commissions: next page", "Next"),
  openRow("commissions: open one", "commission-row"),
  escape("commissions: close it"),
  follow("Payouts"),
  tick("payouts: select all on the page", (page) => page.getByLabel("Select all on this page")),
  openRow("payouts: open one", "payout-row"),
  escape("payouts: close it"),
  press("payouts: open the run", "Run payouts…"),
  typeInDialog("payouts: enter a currency", "Currency", "usd"),
  pressInDialog("payouts: preview the run", "Preview"),
  escape("payouts: close the run"),
  press("payouts: open the bank’s list", "Complete from a bank’s list…"),
  typeInDialog("payouts: enter a line", "List", "P-00001;1,234.50;WIRE-4711"),
  escape("payouts: close the bank’s list"),
  follow("Partners"),
  type("partners: filter by name", "Name or number", "partner 1"),
  empty("partners: remove the filter", "Name or number"),
  sort("partners: sort", /^Partner/),
  follow("Accounts"),
  follow("Leads"),
  follow("Invoices"),
  type("invoices: filter by customer", "Customer id", "cust"),
  follow("Audit"),
  type("audit: filter by act", "What", "recordInvoicePaid"),
  search("LARGE-000"),
  leaveSearch,
  follow("Settings"),
];

export const PARTNER_INTERACTIONS = [
  follow("Revenue"),
  choose("revenue: show more months", "Months"),
  tick("revenue: show the months as a table", (page) => page.getByText("As a table")),
  openRow("revenue: open a commission", "commission-row"),
  escape("revenue: close the commission"),
  follow("Commissions"),
  choose("commissions: filter by status", "Status"),
  sort("commissions: sort", /^Commission/),
  press("commissions: next page", "Next"),
  openRow("commissions: open one", "commission-row"),
  escape("commissions: close it"),
  follow("Payouts"),
  follow("Statements"),
  follow("Referrals"),
  press("referrals: open the form of a lead", "Submit a lead"),
  typeInDialog("referrals: enter the company", "Company", "Ash & Company, Limited"),
  escape("referrals: close the form"),
  follow("Accounts"),
  follow("How you earn"),
  search("large-0-"),
  leaveSearch,
  follow("Notifications"),
];

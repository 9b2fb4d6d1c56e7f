import {
  approveAndPay, createPartner, expect, expectFitsWidth, expectLoaded, mutate, type Partner, recordInvoice, signIn, test,
} from "./support";

const NAMES = [
  "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH",
  "חברת אור ושלום בע״מ (3)",
  "株式会社東京システム開発研究所横浜営業所",
  "x".repeat(120),
];

/** A partner with a name, with commissions that are pending, paid and owed, in a currency. */
async function grownPartner(companyName: string, currency: string, amount: string): Promise<Partner> {
  const partner = await createPartner(currency);
  await mutate("updatePartner", { id: partner.id, companyName }, "partner { id }");
  const event = await recordInvoice(partner, amount, 40, currency);
  await recordInvoice(partner, amount, 1, currency);
  await approveAndPay(partner, [event]);
  const money = { amount: `-${amount}`, currency };
  const input = { partnerId: partner.id, amount: money, reason: "a debt", idempotencyKey: partner.user };
  await mutate("recordAdjustment", input, "commissionEvent { id }");
  const lead = { partnerId: partner.id, companyName, contactName: companyName, contactEmail: "a@example.com" };
  await mutate("submitReferralLead", lead, "referralLead { id }");
  return partner;
}

/** The sum of the layout shifts of a page since it was loaded, including those of the next frame. */
const layoutShift = () =>
  new Promise<number>((resolve) => {
    let sum = 0;
    const add = (entries: readonly PerformanceEntry[]) => {
      for (const entry of entries as (PerformanceEntry & { value: number })[]) sum += entry.value;
    };
    const observer = new PerformanceObserver((list) => add(list.getEntries()));
    observer.observe({ type: "layout-shift", buffered: true });
    // What the next frame moves is measured before the one after it.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        add(observer.takeRecords());
        resolve(sum);
      }),
    );
  });

let partners: Partner[] = [];

test.beforeAll(async () => {
  partners = [
    await grownPartner(NAMES[0]!, "USD", "9876543.21"),
    await grownPartner(NAMES[1]!, "JPY", "987654321"),
    await grownPartner(NAMES[2]!, "KWD", "987654.321"),
    await grownPartner(NAMES[3]!, "EUR", "1000.00"),
  ];
});

const LISTS = ["", "/overview", "/commissions", "/payouts", "/partners", "/accounts", "/leads", "/invoices", "/reconciliation", "/audit"];

// Each page is loaded in one width, and then shown in the next one. 720 pixels are 1440 at 200 %.
for (const [what, looks] of [
  ["a telephone", [[360, { colorScheme: "dark" }]]],
  ["a tablet, and 1440 pixels at 200 %", [[720, { colorScheme: "light" }], [768, { colorScheme: "light" }]]],
  ["1440 and 1600 pixels", [[1440, { forcedColors: "active" }], [1600, { forcedColors: "none", colorScheme: "dark" }]]],
] as const) {
  test(`long, foreign and negative data fits ${what}, and nothing jumps`, async ({ page }) => {
    test.slow();
    const show = async ([width, media]: (typeof looks)[number]) => {
      await page.emulateMedia(media);
      await page.setViewportSize({ width, height: 900 });
    };
    const [first, ...next] = looks;
    await show(first);
    await signIn(page, "ada", "admin", "/staff/overview");
    const ofPartners = partners.flatMap(({ id }) => [`/staff/partners/${id}`, `/partners/revenue?partner=${id}`]);
    const others = ["terms", "referrals"].map((name) => `/partners/${name}?partner=${partners[0]?.id}`);
    for (const path of [...LISTS.map((list) => `/staff${list}`), ...ofPartners, ...others]) {
      await test.step(path, async () => {
        await show(first);
        await page.goto(path);
        await expectLoaded(page);
        await expectFitsWidth(page);
        expect(await page.evaluate(layoutShift)).toBeLessThan(0.1);
        for (const look of next) {
          await show(look);
          await expectFitsWidth(page);
        }
      });
    }
  });
}

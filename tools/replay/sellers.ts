import { setTimeout as sleep } from "node:timers/promises";
import { asObjects, asText } from "./json.ts";
import { addPence, CURRENCY, formatPence, fromAmount, part, toAmount } from "./pence.ts";
import type { Plan, PlannedSeller } from "./plan.ts";
import { pool } from "./pool.ts";
import type { Session } from "./session.ts";
import type { Shop } from "./shop.ts";

const PERCENTS = [8, 12.5, 15]; // of commission: of one seller after another
const IBAN = "GB29NWBK60161331926819"; // so that they are paid out, when the shop does so
const DOCUMENT = "%PDF-1.4\n%%EOF\n";
/** Longest the shop may take to credit sellers after their orders are paid. */
const CREDIT_MS = 60_000;
const LOOK_MS = 250;

/**
 * The same plan in a shop in which every second product is sold by sellers, one after the other. What they get, and what the
 * shop keeps, is worked out apart from the shop's own way: for each line less its discount, in whole pence.
 */
export function withSellers(plan: Plan, count: number): Plan & { sellers: PlannedSeller[] } {
  const sellers = Array.from({ length: count }, (_, at): PlannedSeller => {
    const percent = PERCENTS[at % PERCENTS.length] ?? 0;
    return { name: `REPLAY seller ${at + 1}`, percent, grossMinor: 0, commissionMinor: 0, offers: new Map() };
  });
  const odd = plan.products.filter((_, at) => at % 2 === 1);
  const sellerOf = new Map(odd.map(({ code }, at) => [code, at % count]));
  const orders = plan.orders.map((order) => ({
    ...order,
    items: order.items.map((item) => {
      const at = sellerOf.get(item.code);
      const seller = at === undefined ? undefined : sellers[at];
      if (!seller) return item;
      const grossMinor = item.quantity * item.priceMinor - (item.discountMinor ?? 0);
      seller.grossMinor = addPence(seller.grossMinor, grossMinor);
      seller.commissionMinor = addPence(seller.commissionMinor, part(grossMinor, seller.percent));
      const pieces = item.quantity + (seller.offers.get(item.sku)?.pieces ?? 0);
      seller.offers.set(item.sku, { priceMinor: item.priceMinor, pieces });
      return { ...item, seller: seller.name };
    }),
  }));
  return { ...plan, orders, sellers };
}

/** Brings a seller with all offers to the shop, or brings the one of an earlier run up to date. @returns its id */
export async function setUpSeller(
  { name, percent, offers }: PlannedSeller,
  shop: Shop,
  staff: Session,
  concurrency: number,
): Promise<string> {
  const { sellers } = await shop.read(staff, "/sellers?limit=100");
  const known = asObjects(sellers).find((one) => one.name === name);
  const sellerId = known ? asText(known.sellerId, "sellerId") : await apply(name, shop, staff);
  await shop.write(staff, { method: "PUT", path: "/commission-rules", body: { sellerId, percent } });
  await pool([...offers], concurrency, async ([sku, { priceMinor, pieces }]) => {
    const body = { price: toAmount(priceMinor), currency: CURRENCY, stock: pieces, handlingDays: 2 };
    await shop.write(staff, { method: "PUT", path: `/sellers/${sellerId}/offers/${encodeURIComponent(sku)}`, body });
  });
  return sellerId;
}

async function apply(name: string, shop: Shop, staff: Session): Promise<string> {
  const { customerId } = await shop.customer(staff, name.toLowerCase().replaceAll(" ", "-"));
  const body = { name, email: "seller@customers.example", country: "GB", customerId, iban: IBAN };
  const made = await shop.write(staff, { method: "POST", path: "/sellers", body });
  const sellerId = asText(made.sellerId, "sellerId");
  const headers = { "content-type": "application/pdf" };
  for (const type of ["identity", "registration"])
    await shop.write(staff, {
      ...{ method: "POST", path: `/sellers/${sellerId}/documents?type=${type}`, headers, body: DOCUMENT },
    });
  for (const step of ["submit", "approve"])
    await shop.write(staff, { method: "POST", path: `/sellers/${sellerId}/${step}`, body: {} });
  return sellerId;
}

/**
 * Compares what the shop owes sellers and has kept with the plan, as soon as all is credited.
 * @returns what differs, one line each
 */
export async function sellerDifferences(
  plan: Plan,
  sellerIds: ReadonlyMap<string, string>,
  shop: Shop,
  staff: Session,
): Promise<string[]> {
  const deadline = performance.now() + CREDIT_MS;
  for (;;) {
    const differences = await differencesNow(plan.sellers ?? [], sellerIds, shop, staff);
    if (differences.length === 0 || performance.now() > deadline) return differences;
    await sleep(LOOK_MS);
  }
}

async function differencesNow(
  sellers: readonly PlannedSeller[],
  sellerIds: ReadonlyMap<string, string>,
  shop: Shop,
  staff: Session,
): Promise<string[]> {
  const differences: string[] = [];
  const compare = (what: string, found: number, expected: number) => {
    if (found !== expected)
      differences.push(`${what}: ${formatPence(found)}, not ${formatPence(expected)} ${CURRENCY}`);
  };
  for (const { name, grossMinor, commissionMinor } of sellers) {
    const path = `/sellers/${sellerIds.get(name)}`;
    const { pending, available } = await shop.read(staff, `${path}/balance?currency=${CURRENCY}`);
    const { payouts } = await shop.read(staff, `${path}/payouts?limit=100`);
    const paidOut = asObjects(payouts).filter(({ status, currency }) => status !== "failed" && currency === CURRENCY);
    const gotMinor = [pending, available, ...paidOut.map(({ amount }) => amount)].map(fromAmount).reduce(addPence, 0);
    compare(`${name} is owed and was paid`, gotMinor, grossMinor - commissionMinor);
  }
  const { accounts } = await shop.read(staff, `/ledger/trial-balance?currency=${CURRENCY}`);
  const kept = asObjects(accounts).find(({ account }) => account === "commission");
  const keptMinor = kept ? fromAmount(kept.credit) - fromAmount(kept.debit) : 0;
  const expected = sellers.reduce((sum, { commissionMinor }) => addPence(sum, commissionMinor), 0);
  compare("the books have as commission", keptMinor, expected);
  return differences;
}

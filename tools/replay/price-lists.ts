import { pricingLimits } from "#services/product/pricing/domain/limits.ts";
import { countryCode } from "./countries.ts";
import { addPence, CURRENCY, toAmount } from "./pence.ts";
import { chunk, type Plan, type PlannedItem, type PlannedList, type PlannedOrder, skuOf } from "./plan.ts";
import type { Session } from "./session.ts";
import { type Shop, ShopError } from "./shop.ts";

const GERMANY = "DE";
const MANY = 12;

/** A list for one country, and one for many pieces. In Germany the first one counts, also for many pieces. */
function lists(): [german: PlannedList, many: PlannedList] {
  const empty = { lines: 0, reducedMinor: 0 };
  return [
    { code: "REPLAY-GERMANY", terms: { priority: 20, region: GERMANY }, minQuantity: 1, percent: 95, ...empty },
    { code: "REPLAY-MANY", terms: { priority: 10 }, minQuantity: MANY, percent: 90, ...empty },
  ];
}

/** Whole pence, half up. */
function part(priceMinor: number, percent: number): number {
  return Math.floor((priceMinor * percent + 50) / 100);
}

/**
 * The same plan in a shop with two price lists: each line at the price that holds for its order. What the lists take off
 * the file's revenue is counted, so that every penny of the difference is explained.
 */
export function withPriceLists(plan: Plan): Plan & { lists: PlannedList[] } {
  const [german, many] = lists();
  const orders = plan.orders.map((order): PlannedOrder => {
    const pieces = new Map<string, number>();
    for (const { sku, quantity } of order.items) pieces.set(sku, (pieces.get(sku) ?? 0) + quantity);
    const listOf = ({ sku }: PlannedItem): PlannedList | undefined => {
      if (countryCode(order.country) === GERMANY) return german;
      return (pieces.get(sku) ?? 0) >= many.minQuantity ? many : undefined;
    };
    return { ...order, items: order.items.map((item) => atPriceOf(listOf(item), item)) };
  });
  const reduced = addPence(german.reducedMinor, many.reducedMinor);
  return { ...plan, orders, revenueMinor: plan.revenueMinor - reduced, lists: [german, many] };
}

function atPriceOf(list: PlannedList | undefined, item: PlannedItem): PlannedItem {
  if (!list) return item;
  const priceMinor = part(item.priceMinor, list.percent);
  list.lines += 1;
  list.reducedMinor = addPence(list.reducedMinor, (item.priceMinor - priceMinor) * item.quantity);
  return { ...item, priceMinor };
}

/** Adds a list with its prices to the shop, or brings it up to date. */
export async function setUpList(shop: Shop, staff: Session, list: PlannedList, { products }: Plan): Promise<void> {
  const { code, terms, minQuantity, percent } = list;
  const body = { code, currency: CURRENCY, ...terms };
  await shop.write(staff, { method: "POST", path: "/price-lists", body }).catch((error: unknown) => {
    if (!(error instanceof ShopError) || error.status !== 409) throw error;
    return shop.write(staff, { method: "PUT", path: `/price-lists/${code}`, body });
  });
  const rows = products.flatMap(({ code: product, pricesMinor }) =>
    pricesMinor.map((priceMinor) => {
      const amount = toAmount(part(priceMinor, percent));
      return { sku: skuOf(product, priceMinor), minQuantity, amount };
    }),
  );
  for (const prices of chunk(rows, pricingLimits.PRICE_BATCH_ROWS))
    await shop.write(staff, { method: "POST", path: `/price-lists/${code}/prices:batch`, body: { prices } });
}

import { asObjects } from "./json.ts";
import { addPence, CURRENCY, part, toAmount } from "./pence.ts";
import type { Plan, PlannedItem, PlannedPromotion } from "./plan.ts";
import type { Session } from "./session.ts";
import type { Shop } from "./shop.ts";

const LARGE_MINOR = 10_000;
const LARGE_PERCENT = 7.5;
const MANY = [
  { pieces: 100, percent: 3 },
  { pieces: 500, percent: 5 },
];

const TERMS = { stacking: "stackable", currency: CURRENCY };

/** One promotion for orders that cost much, and after it one for orders of many pieces: more of these, more off. */
function promotions(): PlannedPromotion[] {
  const none = { orders: 0, discountMinor: 0 };
  return [
    {
      ...{ ...none, name: "REPLAY large orders" },
      terms: {
        ...{ ...TERMS, priority: 20 },
        conditions: [{ type: "minSubtotal", amount: toAmount(LARGE_MINOR) }],
        effect: { type: "percentOff", percent: LARGE_PERCENT, appliesTo: "order" },
      },
      percentOf: (items) => (subtotalOf(items) >= LARGE_MINOR ? LARGE_PERCENT : 0),
    },
    {
      ...{ ...none, name: "REPLAY many pieces" },
      terms: {
        ...{ ...TERMS, priority: 10 },
        effect: {
          type: "tiered",
          tiers: MANY.map(({ pieces, percent }) => ({ minQuantity: pieces, percent })),
        },
      },
      percentOf: (items) => {
        const ordered = items.reduce((sum, { quantity }) => sum + quantity, 0);
        return MANY.findLast(({ pieces }) => ordered >= pieces)?.percent ?? 0;
      },
    },
  ];
}

function subtotalOf(items: readonly PlannedItem[]): number {
  return items.reduce((sum, { quantity, priceMinor }) => addPence(sum, quantity * priceMinor), 0);
}

/**
 * The same plan in a shop with two promotions: what these must take off each order. Together that is what the file's revenue
 * becomes less by, so that every penny of the difference is explained.
 */
export function withPromotions(plan: Plan): Plan & { promotions: PlannedPromotion[] } {
  const all = promotions();
  let taken = 0;
  const orders = plan.orders.map((order) => {
    let left = order.items.map(({ quantity, priceMinor }) => quantity * priceMinor);
    const discounts = new Map<string, number>();
    for (const promotion of all) {
      const discountMinor = part(left.reduce(addPence, 0), promotion.percentOf(order.items));
      if (discountMinor === 0) continue;
      const shares = shared(discountMinor, left, order.items);
      left = left.map((minor, at) => minor - (shares[at] ?? 0));
      taken = addPence(taken, discountMinor);
      promotion.orders += 1;
      promotion.discountMinor = addPence(promotion.discountMinor, discountMinor);
      discounts.set(promotion.name, discountMinor);
    }
    const items = order.items.map((item, at): PlannedItem => {
      const discountMinor = item.quantity * item.priceMinor - (left[at] ?? 0);
      return discountMinor === 0 ? item : { ...item, discountMinor };
    });
    return { ...order, items, discounts };
  });
  return { ...plan, orders, revenueMinor: plan.revenueMinor - taken, promotions: all };
}

/**
 * What of a discount comes off each item: in proportion to what is left of it, in whole pence, of which the last ones go to
 * the largest remainders and then by sku. Worked out apart from the shop's own way.
 */
function shared(discountMinor: number, left: readonly number[], items: readonly PlannedItem[]): number[] {
  const all = BigInt(left.reduce(addPence, 0));
  const exact = left.map((minor) => BigInt(discountMinor) * BigInt(minor));
  const shares = exact.map((product) => Number(product / all));
  const rest = (at: number) => (exact[at] ?? 0n) % all;
  const byRest = [...left.keys()].sort((a, b) => {
    if (rest(a) !== rest(b)) return rest(a) > rest(b) ? -1 : 1;
    return orderOf(items[a], items[b]);
  });
  const missing = discountMinor - shares.reduce(addPence, 0);
  for (const at of byRest.slice(0, missing)) shares[at] = (shares[at] ?? 0) + 1;
  return shares;
}

function orderOf(a: PlannedItem | undefined, b: PlannedItem | undefined): number {
  if (!a || !b || a.sku === b.sku) return 0;
  return a.sku < b.sku ? -1 : 1;
}

/** Adds a promotion to the shop, unless an earlier run has. */
export async function setUpPromotion(shop: Shop, staff: Session, { name, terms }: PlannedPromotion): Promise<void> {
  const { promotions: active } = await shop.read(staff, "/promotions?status=active&limit=100");
  if (asObjects(active).some((one) => one.name === name)) return;
  await shop.write(staff, { method: "POST", path: "/promotions", body: { name, ...terms } });
}

/** What the discounts of an order are otherwise than planned, as text; undefined when nothing is. */
export function wrongDiscounts(
  planned: ReadonlyMap<string, number> | undefined,
  found: ReadonlyMap<string, number>,
): string | undefined {
  if (planned === undefined) return undefined;
  const names = [...new Set([...planned.keys(), ...found.keys()])];
  const wrong = names.filter((name) => planned.get(name) !== found.get(name));
  if (wrong.length === 0) return undefined;
  const pence = (known: ReadonlyMap<string, number>, name: string) => known.get(name) ?? 0;
  return wrong.map((name) => `${name} takes ${pence(found, name)} off, not ${pence(planned, name)}`).join(", ");
}

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
    let left = subtotalOf(order.items);
    const discounts = new Map<string, number>();
    for (const promotion of all) {
      const discountMinor = part(left, promotion.percentOf(order.items));
      if (discountMinor === 0) continue;
      left -= discountMinor;
      taken = addPence(taken, discountMinor);
      promotion.orders += 1;
      promotion.discountMinor = addPence(promotion.discountMinor, discountMinor);
      discounts.set(promotion.name, discountMinor);
    }
    return { ...order, discounts };
  });
  return { ...plan, orders, revenueMinor: plan.revenueMinor - taken, promotions: all };
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

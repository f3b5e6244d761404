import { promotionLimits } from "./limits.ts";
import { bySequence, conditionOf, type Promotion, statusAt } from "./promotion.ts";
import { type Purchase, subtotalOf } from "./purchase.ts";

/**
 * Promotions without a code, by what a purchase must have for them. So a cart is compared only with those that could hold
 * for it, however many there are.
 */
export class PromotionIndex {
  readonly #promotions = new Map<string, Promotion>();
  readonly #lists = new Map<string, Entry[]>();

  constructor(promotions: Iterable<Promotion> = []) {
    for (const promotion of promotions) this.set(promotion);
  }

  /** Adds a promotion, or replaces it. */
  set(promotion: Promotion): void {
    this.delete(promotion.promotionId);
    this.#promotions.set(promotion.promotionId, promotion);
    const entry = entryOf(promotion);
    for (const key of keysOf(promotion)) {
      const list = this.#lists.get(key) ?? [];
      list.push(entry);
      this.#lists.set(key, list);
    }
  }

  delete(promotionId: string): void {
    const known = this.#promotions.get(promotionId);
    if (!known) return;
    this.#promotions.delete(promotionId);
    for (const key of keysOf(known)) {
      const list = (this.#lists.get(key) ?? []).filter(({ promotion }) => promotion !== known);
      if (list.length > 0) this.#lists.set(key, list);
      else this.#lists.delete(key);
    }
  }

  /** Forgets what has ended. */
  deleteEnded(now: Date): void {
    for (const promotion of this.#promotions.values())
      if (statusAt(promotion, now) === "ended") this.delete(promotion.promotionId);
  }

  /** Whether a promotion holds at a moment, or starts in the time after it. */
  holdsWithin(now: Date, ms: number): boolean {
    const soon = new Date(now.getTime() + ms);
    return [...this.#promotions.values()].some(({ startsAt, endsAt }) => startsAt <= soon && (!endsAt || endsAt > now));
  }

  /**
   * The promotions that could hold for a purchase: of those that are due, the first PROMOTIONS_PER_CART.
   * @returns also how many were looked at
   */
  candidates(purchase: Purchase, now: Date): { promotions: Promotion[]; lookedAt: number } {
    const subtotal = subtotalOf(purchase.lines);
    const found = new Set<Promotion>();
    let nearest: Entry | undefined;
    let lookedAt = 0;
    for (const key of keysFor(purchase)) {
      const list = this.#lists.get(key) ?? [];
      lookedAt += list.length;
      for (const entry of list) {
        if (!couldHold(entry, purchase, now.getTime())) continue;
        if (entry.minSubtotalMinor <= subtotal) found.add(entry.promotion);
        else if (!nearest || isNearer(entry, nearest)) nearest = entry;
      }
    }
    const promotions = [...found].sort(bySequence).slice(0, promotionLimits.PROMOTIONS_PER_CART);
    // One that a few more items would earn is told to the buyer.
    return { promotions: nearest ? [...promotions, nearest.promotion] : promotions, lookedAt };
  }
}

const [SKU, CATEGORY, GROUP, ALL] = ["sku ", "category ", "group ", "all"] as const;

/** Where a promotion is found: by the condition that the fewest purchases meet. */
function keysOf(promotion: Promotion): string[] {
  const { effect } = promotion;
  const skus = conditionOf(promotion, "skus")?.skus ?? skusOf(effect);
  if (skus) return [...new Set(skus)].map((sku) => SKU + sku);
  const categories = conditionOf(promotion, "categories")?.categories ?? categoriesOf(effect);
  if (categories) return [...new Set(categories)].map((category) => CATEGORY + category);
  const group = conditionOf(promotion, "customerGroup")?.group;
  return [group === undefined ? ALL : GROUP + group];
}

/** Skus of which an effect needs one at least. */
function skusOf(effect: Promotion["effect"]): readonly string[] | undefined {
  if (effect.type === "bundle") return effect.skus.slice(0, 1);
  return effect.type === "buyXGetY" ? effect.buy.skus : undefined;
}

function categoriesOf(effect: Promotion["effect"]): readonly string[] | undefined {
  return effect.type === "buyXGetY" ? effect.buy.categories : undefined;
}

function keysFor({ lines, buyer }: Purchase): Set<string> {
  return new Set([
    ALL,
    ...lines.map(({ sku }) => SKU + sku),
    ...lines.flatMap(({ categories }) => categories.map((category) => CATEGORY + category)),
    ...buyer.groups.map((group) => GROUP + group),
  ]);
}

/** A promotion with what is cheap to compare. The conditions themselves are checked later. */
interface Entry {
  promotion: Promotion;
  startsMs: number;
  endsMs: number;
  minSubtotalMinor: number;
  group: string | undefined;
  forFirstOrders: boolean;
}

function entryOf(promotion: Promotion): Entry {
  return {
    promotion,
    startsMs: promotion.startsAt.getTime(),
    endsMs: promotion.endsAt?.getTime() ?? Number.POSITIVE_INFINITY,
    minSubtotalMinor: conditionOf(promotion, "minSubtotal")?.amountMinor ?? 0,
    group: conditionOf(promotion, "customerGroup")?.group,
    forFirstOrders: conditionOf(promotion, "firstOrder") !== undefined,
  };
}

/** Nobody is told of promotions for other people. */
function couldHold(entry: Entry, purchase: Purchase, nowMs: number): boolean {
  if (entry.startsMs > nowMs || entry.endsMs <= nowMs) return false;
  const { currency } = entry.promotion;
  if (currency !== null && currency !== purchase.currency) return false;
  const { groups, hasPaid } = purchase.buyer;
  return !(hasPaid && entry.forFirstOrders) && (entry.group === undefined || groups.includes(entry.group));
}

function isNearer(a: Entry, b: Entry): boolean {
  return (a.minSubtotalMinor - b.minSubtotalMinor || bySequence(a.promotion, b.promotion)) < 0;
}

import { conditionOf, itemsOf, type Promotion, statusAt } from "./promotion.ts";
import { isMeant, type Line, type Purchase, piecesOf, subtotalOf } from "./purchase.ts";
import type { Reason } from "./reasons.ts";

/** Why a promotion does not hold, and what is missing where a number says it. */
export interface Refusal {
  reason: Reason;
  /** Minor units of the purchase's currency. */
  missingMinor?: number;
  missingPieces?: number;
}

/** How often a promotion was used, and by this buyer. */
export interface Uses {
  uses: number;
  spentMinor: number;
  byCustomer: number;
}

/** Whether a promotion can be used at all at a moment, whatever is in the cart. */
export function refusalByUse(
  promotion: Promotion,
  { uses, byCustomer }: Uses,
  hasAccount: boolean,
  now: Date,
): Refusal | undefined {
  const status = statusAt(promotion, now);
  if (status === "scheduled") return { reason: "not_started" };
  if (status === "ended") return { reason: "ended" };
  if (promotion.usageLimit !== null && uses >= promotion.usageLimit) return { reason: "used_up" };
  if (conditionOf(promotion, "firstOrder")) {
    if (!hasAccount) return { reason: "needs_account" };
    if (byCustomer > 0) return { reason: "not_first_order" };
  }
  if (promotion.usagePerCustomer === null) return undefined;
  if (!hasAccount) return { reason: "needs_account" };
  return byCustomer >= promotion.usagePerCustomer ? { reason: "used_by_customer" } : undefined;
}

/** Whether an amount is more than what is left of the budget. */
export function isOverBudget({ budgetMinor }: Promotion, { spentMinor }: Uses, amountMinor: number): boolean {
  return budgetMinor !== null && spentMinor + amountMinor > budgetMinor;
}

/** Whether a purchase meets the conditions. They look at prices before discounts, so that no discount hides another. */
export function refusalByConditions(promotion: Promotion, purchase: Purchase): Refusal | undefined {
  if (promotion.currency !== null && promotion.currency !== purchase.currency) return { reason: "wrong_currency" };
  return refusalByBuyer(promotion, purchase) ?? refusalByItems(promotion, purchase.lines);
}

function refusalByBuyer(promotion: Promotion, { buyer }: Purchase): Refusal | undefined {
  const group = conditionOf(promotion, "customerGroup")?.group;
  const first = conditionOf(promotion, "firstOrder");
  if ((group !== undefined || first) && !buyer.hasAccount) return { reason: "needs_account" };
  if (group !== undefined && !buyer.groups.includes(group)) return { reason: "wrong_group" };
  return first && buyer.hasPaid ? { reason: "not_first_order" } : undefined;
}

function refusalByItems(promotion: Promotion, lines: readonly Line[]): Refusal | undefined {
  const choice = itemsOf(promotion);
  const items = withoutGift(promotion, lines).filter((line) => isMeant(line, choice));
  if (items.length === 0) return { reason: "no_matching_items" };
  const missingMinor = (conditionOf(promotion, "minSubtotal")?.amountMinor ?? 0) - subtotalOf(items);
  if (missingMinor > 0) return { reason: "below_subtotal", missingMinor };
  const missingPieces = (conditionOf(promotion, "minQuantity")?.quantity ?? 0) - piecesOf(items);
  return missingPieces > 0 ? { reason: "no_matching_items", missingPieces } : undefined;
}

/** A gift does not help to earn itself. */
function withoutGift({ effect }: Promotion, lines: readonly Line[]): readonly Line[] {
  if (effect.type !== "gift") return lines;
  const at = lines.findIndex(({ sku }) => sku === effect.sku);
  return lines
    .map((line, i) => (i === at ? { ...line, quantity: line.quantity - 1 } : line))
    .filter(({ quantity }) => quantity > 0);
}

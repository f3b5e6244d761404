import { DomainError } from "#lib/contract/errors.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ActionContext, Transactions } from "#mixins/service/context.ts";
import type { Promotion, PromotionTerms } from "../domain/promotion.ts";
import { lockPromotion, raiseVersion, type StoredPromotion, saveCoupon } from "../promotions.store.ts";
import type { Deps } from "../setup.ts";
import { readCategories } from "./read-categories.ts";

type Context = ActionContext<Deps> & Transactions;

/**
 * Changes promotions in one transaction, one change after the other. This node knows it when the caller is answered, the
 * others soon after.
 */
export async function changePromotions<T>(
  ctx: Context,
  work: (tx: Transaction, version: { version: number; now: Date }) => Promise<T>,
): Promise<T> {
  const result = await ctx.transaction(async (tx) => work(tx, await raiseVersion(tx)));
  ctx.signal("promotions.changed", {});
  await ctx.deps.book.refresh();
  return result;
}

/** @throws DomainError NOT_FOUND, and PROMOTION_ENDED for one that has ended */
export async function lockLive(tx: Transaction, promotionId: string, now: Date): Promise<StoredPromotion> {
  const promotion = await lockPromotion(tx, promotionId);
  if (!promotion) throw noSuchPromotion(promotionId);
  if (promotion.endsAt && promotion.endsAt <= now)
    throw new DomainError("PROMOTION_ENDED", `It ended at ${promotion.endsAt.toISOString()}.`);
  return promotion;
}

export function noSuchPromotion(promotionId: string): DomainError {
  return new DomainError("NOT_FOUND", `There is no promotion ${promotionId}.`);
}

/** @throws DomainError ALREADY_EXISTS when another promotion has the coupon */
export async function requireFreeCoupon(tx: Transaction, { promotionId, coupon }: Promotion): Promise<void> {
  if (!(await saveCoupon(tx, promotionId, coupon)))
    throw new DomainError("ALREADY_EXISTS", `Another promotion has the code ${coupon}.`);
}

/** Before terms with categories are stored, it is known which categories are below them. */
export async function prepareFor(ctx: Context, { conditions, effect }: PromotionTerms): Promise<void> {
  if (JSON.stringify([conditions, effect]).includes('"categories"')) await readCategories(ctx);
}

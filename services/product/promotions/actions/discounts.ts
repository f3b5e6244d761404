import { momentOf } from "#lib/contract/moment.ts";
import { MAX_MINOR } from "#lib/contract/money.ts";
import type { ParamsOf } from "#lib/contract/types.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import type { promotions } from "../contract.ts";
import { discountsView, NOTHING } from "../discounts-view.ts";
import { candidatesOf, chooseCodes, enteredCodes, isLimited } from "../domain/candidates.ts";
import type { Uses } from "../domain/check-terms.ts";
import { keyOf } from "../domain/codes.ts";
import { priceWithPromotions } from "../domain/engine.ts";
import type { Promotion } from "../domain/promotion.ts";
import { PromotionIndex } from "../domain/promotion-index.ts";
import { isAccount, type Purchase, subtotalOf } from "../domain/purchase.ts";
import { type Facts, findCodes, heldAt, readFacts, usesOf } from "../purchases.store.ts";
import type { Deps } from "../setup.ts";

type Action = (typeof promotions.actions)["discounts"];

/** Asks the database once for the buyer, and once for the use of what is limited; promotions themselves are in memory. */
export const findDiscounts: Handler<Action, Deps> = async (ctx, params) => {
  const { book } = ctx.deps;
  const { any } = book;
  const { coupons, at } = params;
  const isAsked = any || coupons.length > 0 || at !== undefined;
  // A purchase that is too large is refused by whoever asks.
  if (!isAsked || subtotalOf(params.lines) > MAX_MINOR) return { ...NOTHING, any };
  const customerId = params.customerId ?? null;
  const [facts, known] = await Promise.all([
    readFacts(
      ctx.db,
      customerId,
      params.lines.map(({ sku }) => sku),
    ),
    coupons.length > 0 ? findCodes(ctx.db, coupons.map(keyOf)) : [],
  ]);
  await book.atLeast(facts.version);
  const moment = at === undefined ? facts.now : momentOf(at, "/at");
  const purchase = purchaseOf(params, facts);
  const codes = enteredCodes(coupons, new Map(known.map(({ codeKey, ...code }) => [codeKey, code])));
  const { chosen, useless } = chooseCodes(codes);
  const withoutCode = await automatic(ctx, purchase, moment, at);
  const promotionsOfCart = [
    ...withoutCode.filter(({ promotion }) => !chosen.has(promotion.promotionId)),
    ...chosen.values(),
  ].filter(({ promotion }) => !params.without?.includes(promotion.promotionId));
  const uses = await usesOfLimited(ctx, promotionsOfCart, customerId);
  const candidates = candidatesOf(promotionsOfCart, uses, purchase.buyer.hasAccount, moment);
  return { ...discountsView(priceWithPromotions(purchase, candidates), useless, purchase.currency), any };
};

function purchaseOf(
  { currency, customerId, lines }: ParamsOf<Action>,
  { groups, hasPaid, categories }: Facts,
): Purchase {
  return {
    currency,
    lines: lines.map((line) => ({ ...line, categories: categories[line.sku] ?? [] })),
    buyer: { hasAccount: isAccount(customerId), groups, hasPaid },
  };
}

async function automatic(
  { db, deps }: Pick<ActionContext<Deps>, "db" | "deps">,
  purchase: Purchase,
  moment: Date,
  at: string | undefined,
) {
  const index = at === undefined ? deps.book.index : new PromotionIndex(await heldAt(db, moment));
  return index.candidates(purchase, moment).promotions.map((promotion) => ({ promotion }));
}

async function usesOfLimited(
  { db }: Pick<ActionContext<Deps>, "db">,
  promotionsOfCart: readonly { promotion: Promotion }[],
  customerId: string | null,
): Promise<ReadonlyMap<string, Uses>> {
  const limited = promotionsOfCart.map(({ promotion }) => promotion).filter(isLimited);
  if (limited.length === 0) return new Map();
  return usesOf(
    db,
    limited.map(({ promotionId }) => promotionId),
    customerId,
  );
}

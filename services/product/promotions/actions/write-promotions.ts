import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { promotions } from "../contract.ts";
import { promotionLimits } from "../domain/limits.ts";
import { beginning, parseTerms, requireNoDenial } from "../domain/parse-terms.ts";
import { countNotEnded, historyOf, insertPromotion, updatePromotion } from "../promotions.store.ts";
import type { Deps } from "../setup.ts";
import { changePromotions, lockLive, prepareFor, requireFreeCoupon } from "../steps/change-promotions.ts";
import { promotionView } from "../view.ts";

type Actions = typeof promotions.actions;

export const createPromotion: Handler<Actions["create"], Deps> = transactional(async (ctx, request) => {
  const terms = parseTerms(request);
  await prepareFor(ctx, terms);
  return changePromotions(ctx, async (tx, { version, now }) => {
    if ((await countNotEnded(tx)) >= promotionLimits.ACTIVE_PROMOTIONS)
      throw new DomainError("LIMIT_REACHED", `At most ${promotionLimits.ACTIVE_PROMOTIONS} promotions have not ended.`);
    const promotion = { ...beginning(terms, now, now), promotionId: newId("promotion"), createdAt: now };
    insertPromotion(tx, promotion, version);
    await requireFreeCoupon(tx, promotion);
    return promotionView({ ...promotion, uses: 0, spentMinor: 0 }, now);
  });
});

export const setPromotion: Handler<Actions["set"], Deps> = transactional(async (ctx, { promotionId, ...request }) => {
  const terms = parseTerms(request);
  await prepareFor(ctx, terms);
  return changePromotions(ctx, async (tx, { version, now }) => {
    const before = await lockLive(tx, promotionId, now);
    requireNoDenial(terms, await historyOf(tx, before));
    const onlyWithCode = request.onlyWithCode ?? (terms.onlyWithCode || before.onlyWithCode);
    const promotion = { ...before, ...beginning(terms, before.startsAt, now), onlyWithCode };
    updatePromotion(tx, promotion, version);
    await requireFreeCoupon(tx, promotion);
    return promotionView(promotion, now);
  });
});

export const endPromotion: Handler<Actions["end"], Deps> = transactional((ctx, { promotionId }) =>
  changePromotions(ctx, async (tx, { version, now }) => {
    const before = await lockLive(tx, promotionId, now);
    const neverHeld = before.startsAt > now;
    updatePromotion(tx, { ...before, endsAt: now, ...(neverHeld ? { startsAt: now } : {}) }, version);
    return {};
  }),
);

import { limits } from "#config/limits.ts";
import { paging } from "#lib/contract/contract.ts";
import { endPart, readPart } from "#lib/contract/cursor.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { promotions } from "../contract.ts";
import { findPromotion, pageOfPromotions } from "../promotions.store.ts";
import { countRedemptions, partOfRedemptions, type RedemptionKey } from "../redemptions.store.ts";
import type { Deps } from "../setup.ts";
import { noSuchPromotion } from "../steps/change-promotions.ts";
import { promotionView, redemptionView } from "../view.ts";

type Actions = typeof promotions.actions;

export const listPromotions: Handler<Actions["list"], Deps> = async (ctx, { status, ...params }) => {
  const { page, limit, offset } = paging(params);
  const { promotions: rows, total } = await pageOfPromotions(ctx.db, status, { limit, offset });
  return { promotions: rows.map((row) => promotionView(row, ctx.now())), pagination: { page, limit, total } };
};

export const getPromotion: Handler<Actions["get"], Deps> = async (ctx, { promotionId }) => {
  const promotion = await findPromotion(ctx.db, promotionId);
  if (!promotion) throw noSuchPromotion(promotionId);
  return promotionView(promotion, ctx.now());
};

export const listRedemptions: Handler<Actions["redemptions"], Deps> = async ({ db }, { promotionId, ...params }) => {
  if (!(await findPromotion(db, promotionId))) throw noSuchPromotion(promotionId);
  const part = readPart<RedemptionKey>(params, ["promotions.redemptions", promotionId], [0, ""]);
  const [found, count] = await Promise.all([
    partOfRedemptions(db, promotionId, part),
    part.kind === "page" ? countRedemptions(db, promotionId, limits.LIST_TOTAL) : undefined,
  ]);
  const { rows, pagination } = endPart<(typeof found)[number], RedemptionKey>(
    part,
    found,
    ({ micros, orderId }) => [micros, orderId],
    count,
  );
  return { redemptions: rows.map(redemptionView), pagination };
};

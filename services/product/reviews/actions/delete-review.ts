import { type Handler, transactional } from "#mixins/service/context.ts";
import type { reviews } from "../contract.ts";
import * as store from "../reviews.store.ts";
import { applyChange, requireReview } from "../steps/change-review.ts";

export const deleteReview: Handler<typeof reviews.actions.delete> = transactional((ctx, { reviewId }) =>
  ctx.transaction(async (tx) => {
    const before = await requireReview(tx, reviewId);
    ctx.requireOwner(before.customerId);
    await store.deleteReview(tx, reviewId);
    await applyChange(ctx, tx, before, undefined);
    return {};
  }),
);

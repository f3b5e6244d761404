import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { reviews } from "../contract.ts";
import { brokenRules, fingerprintOf } from "../domain/moderation.ts";
import { statusOfWritten } from "../domain/review.ts";
import { insertReview, isCopied, wasRejected } from "../reviews.store.ts";
import { applyChange, authorOf } from "../steps/change-review.ts";

export const createReview: Handler<typeof reviews.actions.create> = transactional(async (ctx, params) => {
  const { productId, rating, title, text, author = null } = params;
  const customerId = authorOf(ctx);
  const { items } = await ctx.call("catalog.resolve", { items: [{ productId }] });
  const [item] = items;
  if (item && "problem" in item && item.problem === "UNKNOWN_PRODUCT")
    throw new DomainError("NOT_FOUND", `There is no product ${productId}.`);
  const reviewId = newId("review");
  const fingerprint = fingerprintOf(text);
  return ctx.transaction(async (tx) => {
    const broken = brokenRules({ title, text }, await isCopied(tx, fingerprint, reviewId));
    const status = statusOfWritten(broken, await wasRejected(tx, { customerId, productId }));
    const written = { reviewId, rating, title, text, author, fingerprint, status, brokenRules: broken };
    const stored = await insertReview(tx, { ...written, productId, customerId });
    if (!stored) throw new DomainError("ALREADY_EXISTS", "You have reviewed this product already.");
    await applyChange(ctx, tx, undefined, stored);
    return { reviewId, verifiedPurchase: stored.verifiedPurchase, status };
  });
});

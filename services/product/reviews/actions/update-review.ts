import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { reviews } from "../contract.ts";
import { brokenRules, fingerprintOf } from "../domain/moderation.ts";
import { statusOfWritten } from "../domain/review.ts";
import { isCopied, saveEdit, wasRejected } from "../reviews.store.ts";
import { applyChange, authorOf, requireReview } from "../steps/change-review.ts";
import { wholeView } from "../view.ts";

export const updateReview: Handler<typeof reviews.actions.update> = transactional((ctx, { reviewId, ...changes }) =>
  ctx.transaction(async (tx) => {
    const before = await requireReview(tx, reviewId);
    if (before.customerId !== authorOf(ctx)) throw new DomainError("NOT_FOUND", `There is no review ${reviewId}.`);
    const { rating, title, text, author } = { ...before, ...changes };
    const fingerprint = fingerprintOf(text);
    const broken = brokenRules({ title, text }, await isCopied(tx, fingerprint, reviewId));
    const status = statusOfWritten(broken, await wasRejected(tx, before));
    const written = { reviewId, rating, title, text, author, fingerprint, status, brokenRules: broken };
    const after = await saveEdit(tx, written);
    await applyChange(ctx, tx, before, after);
    return wholeView(after);
  }),
);

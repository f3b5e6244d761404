import { type ActionContext, type Handler, type Transactions, transactional } from "#mixins/service/context.ts";
import type { reviews } from "../contract.ts";
import { saveAnswer } from "../reviews.store.ts";
import { applyChange, requireReview } from "../steps/change-review.ts";
import { wholeView } from "../view.ts";

type Actions = typeof reviews.actions;

export const answerReview: Handler<Actions["answer"]> = transactional(async (ctx, { reviewId, text }) =>
  wholeView(await setAnswer(ctx, reviewId, text)),
);

export const removeAnswer: Handler<Actions["removeAnswer"]> = transactional(async (ctx, { reviewId }) => {
  await setAnswer(ctx, reviewId, null);
  return {};
});

function setAnswer(ctx: ActionContext & Transactions, reviewId: string, text: string | null) {
  return ctx.transaction(async (tx) => {
    const before = await requireReview(tx, reviewId);
    const after = await saveAnswer(tx, reviewId, text);
    await applyChange(ctx, tx, before, after);
    return after;
  });
}

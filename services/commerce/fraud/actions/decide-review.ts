import { DomainError } from "#lib/contract/errors.ts";
import { type ActionContext, type Handler, type Transactions, transactional } from "#mixins/service/context.ts";
import type { fraud } from "../contract.ts";
import { decideReview, type Verdict } from "../domain/review.ts";
import { lockReview } from "../reviews.store.ts";
import { recordVerdict } from "../steps/record-verdict.ts";

export const approveReview: Handler<typeof fraud.actions.approve> = transactional((ctx, { orderId }) =>
  decide(ctx, orderId, "approved"),
);

export const rejectReview: Handler<typeof fraud.actions.reject> = transactional((ctx, { orderId }) =>
  decide(ctx, orderId, "rejected"),
);

function decide(ctx: ActionContext & Transactions, orderId: string, verdict: Verdict) {
  return ctx.transaction(async (tx) => {
    const review = await lockReview(tx, orderId);
    if (!review) throw new DomainError("NOT_FOUND");
    const decision = decideReview(review.status, verdict);
    if (decision.kind === "late")
      throw new DomainError("REVIEW_ENDED", `The review is ${review.status}.`, { reviewStatus: review.status });
    const { auth } = ctx;
    const by = auth.kind === "staff" ? `staff:${auth.staffId}` : auth.kind;
    if (decision.kind === "decide") await recordVerdict(tx, [review], decision.verdict, by);
    return { orderId, status: verdict };
  });
}

import { DomainError } from "#lib/contract/errors.ts";
import { type ActionContext, type Handler, type Transactions, transactional } from "#mixins/service/context.ts";
import type { reviews } from "../contract.ts";
import { saveDecision } from "../reviews.store.ts";
import { applyChange, requireReview } from "../steps/change-review.ts";
import { wholeView } from "../view.ts";

type Actions = typeof reviews.actions;

export const approveReview: Handler<Actions["approve"]> = transactional((ctx, { reviewId, revision }) =>
  decide(ctx, { reviewId, revision, reason: null }),
);

export const rejectReview: Handler<Actions["reject"]> = transactional((ctx, { reviewId, revision, reason }) =>
  decide(ctx, { reviewId, revision, reason }),
);

interface Decision {
  reviewId: string;
  /** What was read; undefined: whatever the review says now. */
  revision: number | undefined;
  /** null approves. */
  reason: string | null;
}

function decide(ctx: ActionContext & Transactions, { reviewId, revision, reason }: Decision) {
  return ctx.transaction(async (tx) => {
    const before = await requireReview(tx, reviewId);
    if (revision !== undefined && revision !== before.revision)
      throw new DomainError("CONFLICT", "The author has edited the review since it was read.");
    const { auth } = ctx;
    const after = await saveDecision(tx, reviewId, reason, auth.kind === "staff" ? `staff:${auth.staffId}` : auth.kind);
    await applyChange(ctx, tx, before, after);
    return wholeView(after);
  });
}

import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { reviews } from "../contract.ts";
import { helpfulnessOf, voteChange } from "../domain/helpfulness.ts";
import { authorOf, requireReview, tell } from "../steps/change-review.ts";
import { saveVote, saveVotes, voteOf } from "../votes.store.ts";

export const vote: Handler<typeof reviews.actions.vote> = transactional((ctx, { reviewId, helpful }) =>
  ctx.transaction(async (tx) => {
    const voter = authorOf(ctx);
    const review = await requireReview(tx, reviewId);
    if (review.customerId === voter) throw new DomainError("OWN_REVIEW");
    if (review.status !== "approved") throw new DomainError("NOT_FOUND", `There is no review ${reviewId}.`);
    const change = voteChange(await voteOf(tx, reviewId, voter), helpful);
    const helpfulVotes = review.helpfulVotes + change.helpful;
    const votes = review.votes + change.votes;
    if (change.helpful !== 0 || change.votes !== 0) {
      await saveVote(tx, reviewId, voter, helpful);
      await saveVotes(tx, reviewId, { helpfulVotes, votes, helpfulness: helpfulnessOf(helpfulVotes, votes) });
      tx.afterCommit(() => tell(ctx, [review.productId], false));
    }
    return { reviewId, helpful, helpfulVotes, votes };
  }),
);

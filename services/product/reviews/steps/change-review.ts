import { DomainError } from "#lib/contract/errors.ts";
import { skuFingerprint } from "#lib/contract/sku-fingerprint.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ActionContext, ServiceContext } from "#mixins/service/context.ts";
import { reviewsOf } from "../contract.ts";
import { ratingsChange } from "../domain/review.ts";
import { changeRatings, lockReview, type ReviewRow } from "../reviews.store.ts";

/** @throws DomainError FORBIDDEN for a service, which has no opinion of its own */
export function authorOf({ auth }: ActionContext): string {
  if (auth.kind !== "customer") throw new DomainError("FORBIDDEN");
  return auth.customerId;
}

/** @throws DomainError NOT_FOUND */
export async function requireReview(tx: Transaction, reviewId: string): Promise<ReviewRow> {
  const review = await lockReview(tx, reviewId);
  if (!review) throw new DomainError("NOT_FOUND", `There is no review ${reviewId}.`);
  return review;
}

type Counted = Pick<ReviewRow, "productId" | "status" | "rating">;

/** What follows when a review was written, changed or removed: the ratings of its product, and what others have cached of it. */
export async function applyChange(
  ctx: ServiceContext,
  tx: Transaction,
  before: Counted | undefined,
  after: Counted | undefined,
): Promise<void> {
  const productId = (after ?? before)?.productId;
  if (productId === undefined) return;
  const change = ratingsChange(before, after);
  const isRated = change.reviews !== 0 || change.stars !== 0;
  if (isRated) await changeRatings(tx, productId, change);
  const isSeen = before?.status === "approved" || after?.status === "approved";
  if (isSeen) tx.afterCommit(() => tell(ctx, [productId], isRated));
}

/** Drops cached answers: the lists of the products' reviews, and with `isRated` what shows the products themselves. */
export function tell(ctx: Pick<ServiceContext, "signal">, productIds: readonly string[], isRated: boolean): void {
  if (isRated) ctx.signal("reviews.ratingsChanged", {}); // first, so that the catalogue asks when it is asked again
  const stale = [...productIds.map(reviewsOf), ...(isRated ? productIds : [])];
  ctx.signal("edge.invalidate", { skus: stale.map(skuFingerprint) });
}

import { type Handler, transactional } from "#mixins/service/context.ts";
import type { reviews } from "../contract.ts";
import { anonymise } from "../erasure.store.ts";
import { tell } from "../steps/change-review.ts";

export const anonymiseCustomer: Handler<typeof reviews.actions.anonymise> = transactional((ctx, { customerId }) =>
  ctx.transaction(async (tx) => {
    const { reviews: productIds, votes } = await anonymise(tx, customerId);
    tx.afterCommit(() => tell(ctx, productIds, false));
    return { reviews: productIds.length, votes };
  }),
);

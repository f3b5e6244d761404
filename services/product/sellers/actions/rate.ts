import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { sellers } from "../contract.ts";
import { saveRating } from "../offers.store.ts";
import { lockSeller } from "../sellers.store.ts";
import type { Deps } from "../setup.ts";

export const rateSeller: Handler<typeof sellers.actions.rate, Deps> = transactional(
  (ctx, { sellerId, orderId, positive }) =>
    ctx.transaction(async (tx) => {
      const customerId = ctx.auth.kind === "customer" ? ctx.auth.customerId : "";
      await lockSeller(tx, sellerId); // so that the counts and the ratings stay equal
      if (!(await saveRating(tx, { sellerId, orderId, customerId, positive }))) throw new DomainError("NOT_FOUND");
      return { sellerId, orderId, positive };
    }),
);

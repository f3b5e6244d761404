import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { sellers } from "../contract.ts";
import { refusedOf, together } from "../domain/pieces.ts";
import { forgetOrder, lockOrders, lockSupplies, takePieces } from "../pieces.store.ts";
import type { Deps } from "../setup.ts";
import { applyPieces } from "../steps/apply-pieces.ts";
import { forgetOffers } from "../steps/forget-offers.ts";

type Actions = typeof sellers.actions;

/** Lock and read, decide, write. The order is locked before its offers, and offers in one order by everybody. */
export const reservePieces: Handler<Actions["reserve"], Deps> = transactional((ctx, { orderId, items }) =>
  ctx.transaction(async (tx) => {
    const pieces = together(items);
    const state = (await lockOrders(tx, [orderId], [orderId])).get(orderId) ?? "none";
    switch (state) {
      case "released":
        throw new DomainError("CONFLICT", "The pieces of this order were given back already.");
      case "held":
      case "ordered":
      case "committed":
        return { refused: [] };
      case "none": {
        const refused = refusedOf(pieces, await lockSupplies(tx, pieces));
        if (refused.length > 0) {
          forgetOrder(tx, orderId);
          return { refused };
        }
        takePieces(tx, orderId, pieces);
        forgetOffers(
          ctx,
          tx,
          pieces.map(({ sku }) => sku),
        );
        return { refused: [] };
      }
      default:
        return state satisfies never;
    }
  }),
);

export const givePiecesBack: Handler<Actions["giveBack"], Deps> = transactional(async (ctx, { orderId }) => {
  await ctx.transaction((tx) => applyPieces(ctx, tx, [{ orderId, event: "givenBack" }]));
  return {};
});

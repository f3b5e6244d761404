import { paging } from "#lib/contract/contract.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";
import { pageOfSeller } from "../orders.store.ts";
import { sellerOrderView } from "../view.ts";

export const ordersOfSeller: Handler<typeof orders.actions.ofSeller> = async (ctx, { sellerId, ...params }) => {
  await requireActing(ctx, sellerId);
  const { page, limit, offset } = paging(params);
  const { rows, total } = await pageOfSeller(ctx.db, sellerId, { limit, offset });
  return { orders: rows.map((row) => sellerOrderView(row, sellerId)), pagination: { page, limit, total } };
};

/** @throws DomainError NOT_FOUND unless the caller acts for the seller, or is staff with the scope */
async function requireActing(ctx: ActionContext<unknown>, sellerId: string): Promise<void> {
  const { auth } = ctx;
  if (auth.kind !== "customer") return ctx.requireOwner("");
  const { acts } = await ctx.call("sellers.actsFor", { sellerId, customerId: auth.customerId });
  ctx.requireOwner(acts ? auth.customerId : "");
}

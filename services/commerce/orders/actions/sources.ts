import { type Handler, transactional } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";
import { abandonSource, findFate } from "../sources.store.ts";

export const fateOfSource: Handler<typeof orders.actions.ofSource> = (ctx, { source }) => findFate(ctx.db, source);

/** Of this and a concurrent `orders.place` one comes first: either there is an order, or there never will be one. */
export const abandonSourceOf: Handler<typeof orders.actions.abandonSource> = transactional(async (ctx, { source }) => {
  await ctx.transaction((tx) => abandonSource(tx, source));
  return findFate(ctx.db, source);
});

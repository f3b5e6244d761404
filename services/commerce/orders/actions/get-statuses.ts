import type { Handler } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";
import { findStatuses } from "../orders.store.ts";

export const getStatuses: Handler<typeof orders.actions.statusOf> = async (ctx, { orderIds }) => ({
  orders: await findStatuses(ctx.db, orderIds),
});

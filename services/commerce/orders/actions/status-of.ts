import type { Handler } from "../../../../mixins/service.ts";
import type { orders } from "../contract.ts";
import { findStatuses } from "../order.store.ts";

export const statusOf: Handler<typeof orders.actions.statusOf> = async (ctx, { orderIds }) => ({
  orders: await findStatuses(ctx.db, orderIds),
});

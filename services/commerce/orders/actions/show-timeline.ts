import { owns } from "../../../../mixins/access.ts";
import { Problem } from "../../../../mixins/errors.ts";
import type { Handler } from "../../../../mixins/service.ts";
import type { orders } from "../contract.ts";
import { findTimeline } from "../order.store.ts";

export const showTimeline: Handler<typeof orders.actions.timeline> = async (ctx, { orderId }) => {
  const rows = await findTimeline(ctx.db, orderId);
  const [first] = rows;
  if (!first || !owns(ctx.auth, first.customerId, "orders:read")) throw new Problem("NOT_FOUND");
  return { orderId, steps: rows.map(({ customerId: _, at, ...step }) => ({ ...step, at: at.toISOString() })) };
};

import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";
import { findTimeline } from "../orders.store.ts";

export const getTimeline: Handler<typeof orders.actions.timeline> = async (ctx, { orderId }) => {
  const rows = await findTimeline(ctx.db, orderId);
  const [first] = rows;
  if (!first) throw new DomainError("NOT_FOUND");
  ctx.requireOwner(first.customerId);
  return { orderId, steps: rows.map(({ customerId: _, at, ...step }) => ({ ...step, at: at.toISOString() })) };
};

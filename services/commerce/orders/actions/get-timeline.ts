import { hasScope } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";
import { findTimeline } from "../orders.store.ts";
import type { Deps } from "../setup.ts";
import { holdsOrderToken } from "../steps/order-token.ts";
import { customerStepView, staffStepView } from "../view.ts";

export const getTimeline: Handler<typeof orders.actions.timeline, Deps> = async (ctx, { orderId }) => {
  const rows = await findTimeline(ctx.db, orderId);
  const [first] = rows;
  if (!first) throw new DomainError("NOT_FOUND");
  ctx.requireOwner(first.customerId, holdsOrderToken(ctx, orderId));
  const stepView = hasScope(ctx.auth, "orders:read") ? staffStepView : customerStepView;
  return { orderId, steps: rows.map(stepView) };
};

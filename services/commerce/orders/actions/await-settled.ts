import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";
import { findReceipts } from "../orders.store.ts";
import type { Deps } from "../setup.ts";
import { receiptView } from "../view.ts";

const ANSWER_MS = 500; // left for the answer itself: the caller gives up after REQUEST_TIMEOUT_MS

/** The order as soon as it has settled, else as it is when time is up. */
export const awaitSettled: Handler<typeof orders.actions.awaitSettled, Deps> = async (
  ctx,
  { orderId, waitSeconds },
) => {
  const timeoutMs = Math.min(waitSeconds * 1_000, limits.REQUEST_TIMEOUT_MS - ANSWER_MS);
  const row = (await ctx.deps.waitUntilSettled(orderId, timeoutMs)) ?? (await findReceipts(ctx.db, [orderId]))[0];
  if (!row) throw new DomainError("NOT_FOUND");
  return receiptView(row);
};

import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";
import { orderLimits } from "../domain/limits.ts";
import { findReceipts } from "../orders.store.ts";
import type { Deps } from "../setup.ts";
import { receiptView } from "../view.ts";

/** Answers with the order as soon as it has settled, otherwise with the order as it is when the time is up. */
export const awaitSettled: Handler<typeof orders.actions.awaitSettled, Deps> = async (
  ctx,
  { orderId, waitSeconds },
) => {
  const timeoutMs = Math.min(waitSeconds * 1_000, limits.REQUEST_TIMEOUT_MS - orderLimits.SETTLEMENT_ANSWER_MS);
  const settled = await ctx.deps.waitUntilSettled(orderId, timeoutMs);
  const row = settled ?? (await findReceipts(ctx.db, [orderId]))[0];
  if (!row) throw new DomainError("NOT_FOUND");
  return receiptView(row);
};

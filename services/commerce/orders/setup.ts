import { batchedLookup } from "#lib/batched-lookup.ts";
import { BrieflyKnown } from "#lib/briefly-known.ts";
import { isOutage } from "#lib/contract/outage.ts";
import { TokenSigner } from "#lib/token-signer.ts";
import { ChangeNotifier } from "#lib/wait-for-change.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { promotionLimits } from "#services/product/promotions/contract.ts";
import { orderLimits } from "./domain/limits.ts";
import { isSettled } from "./domain/order.ts";
import { findReceipts, type ReceiptRow, readSecret } from "./orders.store.ts";

/** What the handlers share. */
export interface Deps extends Settlements {
  /** Signs the tokens of guests' orders. */
  tokens: TokenSigner;
  /** Whether pricing has said last that the shop has rates of taxes. */
  taxed: { last: boolean };
  /** Whether the shop has promotions that hold without a code. */
  promotions: BrieflyKnown<boolean>;
}

export async function setUp({ db, env }: SetupContext): Promise<Deps> {
  return {
    ...watchSettlements({ db, env }),
    tokens: new TokenSigner(await readSecret(db)),
    taxed: { last: false },
    promotions: new BrieflyKnown(promotionLimits.PROMOTIONS_KNOWN_MS),
  };
}

export interface Settlements {
  /** Notified when an order has settled on any node. */
  settlements: ChangeNotifier;
  /**
   * Waits until an order has settled.
   * @returns undefined when the time is up, or when too many callers of this node wait already
   */
  waitUntilSettled(orderId: string, timeoutMs: number): Promise<ReceiptRow | undefined>;
}

export function watchSettlements({ db, env }: Pick<SetupContext, "db" | "env">): Settlements {
  const settlements = new ChangeNotifier({
    maxWaiters: orderLimits.ORDER_WAITERS,
    pollMs: orderLimits.SETTLEMENT_POLL_MS,
  });
  // All callers of one moment share a query, so a thousand of them cost the database as much as one.
  const findSettled = batchedLookup(async (orderIds) => {
    const settled = (await findReceipts(db, orderIds)).filter((order) => isSettled(order, env.CAPTURE_ON));
    return new Map(settled.map((order) => [order.orderId, order]));
  });
  const look = async (orderId: string) => {
    try {
      return await findSettled(orderId);
    } catch (error) {
      if (isOutage(error)) return undefined; // the next poll looks again
      throw error;
    }
  };
  return {
    settlements,
    waitUntilSettled: (orderId, timeoutMs) => settlements.waitUntil(orderId, timeoutMs, () => look(orderId)),
  };
}

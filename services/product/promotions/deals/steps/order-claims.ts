import type { Transaction } from "#lib/sql/transaction.ts";
import { claimsOfOrders } from "../claims.store.ts";
import type { Refusal, TurnRequest } from "../domain/turns.ts";
import { turnDeals } from "./turn-deals.ts";

/** A discount of an order that comes from a claim; `code` is the claim. */
interface DealUse {
  promotionId: string;
  code?: string | undefined;
  amountMinor: number;
}

/** What has become of an order. `restore`: it was not placed, and its claims go on where they were. */
export interface OrderFate {
  orderId: string;
  kind: "sell" | "cancel" | "restore";
}

type RefusedReason = "unknown_code" | "code_used" | "ended";

/**
 * Turns claims of a customer into those of an order. Repeating it for the same order changes nothing.
 * @returns the uses that are refused; then the caller has to roll back
 */
export async function orderClaims<Use extends DealUse>(
  tx: Transaction,
  { orderId, customerId, uses }: { orderId: string; customerId: string; uses: readonly Use[] },
): Promise<{ use: Use; reason: RefusedReason }[]> {
  const byDeal = Map.groupBy(uses, ({ promotionId }) => promotionId);
  const requestOf = ({ code = "", amountMinor }: Use): TurnRequest => {
    return { kind: "order", claimId: code.toLowerCase(), customerId, use: { orderId, amountMinor } };
  };
  const asked = new Map([...byDeal].map(([dealId, own]) => [dealId, own.map(requestOf)]));
  const turned = await turnDeals(tx, asked);
  return [...byDeal].flatMap(([dealId, own]) =>
    own.flatMap((use, at) => {
      const outcome = turned.get(dealId)?.outcomes[at];
      if (outcome && "claimId" in outcome) return [];
      return [{ use, reason: outcome ? reasonOf(outcome.refused) : "unknown_code" }];
    }),
  );
}

/** Lets claims follow their orders, in the order of `fates`: paid, cancelled or not placed. Repeating it changes nothing. */
export async function followOrders(tx: Transaction, fates: readonly OrderFate[]): Promise<void> {
  const claims = await claimsOfOrders(
    tx,
    fates.map(({ orderId }) => orderId),
  );
  if (claims.length === 0) return;
  const claimsOf = Map.groupBy(claims, ({ orderId }) => orderId);
  const requests = fates.flatMap((fate) =>
    (claimsOf.get(fate.orderId) ?? []).map(({ dealId, claimId }) => ({ dealId, request: { ...fate, claimId } })),
  );
  const byDeal = Map.groupBy(requests, ({ dealId }) => dealId);
  await turnDeals(tx, new Map([...byDeal].map(([id, own]) => [id, own.map(({ request }) => request)])));
}

function reasonOf({ reason }: Refusal): RefusedReason {
  if (reason === "ordered") return "code_used";
  return reason === "ended" ? "ended" : "unknown_code";
}

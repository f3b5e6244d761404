import type { Transaction } from "#lib/sql/transaction.ts";
import type { Outcome, RefusedUsage, Request, Usage } from "../../domain/reserve.ts";
import { claimsOfOrders } from "../claims.store.ts";
import { isDeal } from "../domain/deal-errors.ts";
import type { Refusal, TurnRequest } from "../domain/turns.ts";
import { turnDeals } from "./turn-deals.ts";

/** What has become of an order. `restore`: it was not placed, and its claims go on where they were. */
export interface OrderFate {
  orderId: string;
  kind: "sell" | "cancel" | "restore";
}

/** What a request uses besides claims of deals. */
export function withoutClaims(request: Request): Request {
  return { ...request, usages: request.usages.filter((usage) => !isDeal(usage)) };
}

/**
 * Takes the claims that orders use, and decides about the rest of those orders that get all of theirs. An order that is
 * refused for whatever reason takes none.
 * @param known orders that have a reservation: what they have taken is decided
 * @param decide decides about requests without claims
 */
export async function decideWithClaims(
  tx: Transaction,
  requests: readonly Request[],
  known: ReadonlyMap<string, unknown>,
  decide: (requests: readonly Request[]) => Outcome[],
): Promise<Outcome[]> {
  const taking = requests.filter(({ orderId, usages }) => !known.has(orderId) && usages.some(isDeal));
  if (taking.length === 0) return decide(requests.map(withoutClaims));
  const refused = await takeClaims(tx, taking);
  const served = requests.filter((request) => !refused.has(request));
  const decided = new Map(decide(served.map(withoutClaims)).map((outcome, at) => [served[at], outcome]));
  const outcomes = requests.map((request): Outcome => {
    const outcome = decided.get(request);
    return outcome ?? { kind: "refused", refused: refused.get(request) ?? [] };
  });
  const isServed = (request: Request) => ["reserved", "known"].includes(decided.get(request)?.kind ?? "refused");
  await restoreClaims(
    tx,
    taking.filter((request) => !isServed(request)),
    taking.filter(isServed),
  );
  return outcomes;
}

/** @param served may be of the same orders: one that was refused may have asked for less then */
async function restoreClaims(tx: Transaction, failed: readonly Request[], served: readonly Request[]): Promise<void> {
  const textOf = ({ request: { orderId }, usage: { code } }: ClaimUsage) => `${orderId} ${code}`;
  const kept = new Set(claimUsages(served).map(textOf));
  const uses = claimUsages(failed).filter((use) => !kept.has(textOf(use)));
  if (uses.length === 0) return;
  const byDeal = Map.groupBy(uses, ({ usage }) => usage.promotionId);
  const restoring = ({ request: { orderId }, usage }: ClaimUsage): TurnRequest => {
    return { kind: "restore", claimId: claimIdOf(usage), orderId };
  };
  await turnDeals(tx, new Map([...byDeal].map(([dealId, own]) => [dealId, own.map(restoring)])));
}

/** @returns what is refused, of those requests that do not get all of their claims */
async function takeClaims(tx: Transaction, requests: readonly Request[]): Promise<Map<Request, RefusedUsage[]>> {
  const byDeal = Map.groupBy(claimUsages(requests), ({ usage }) => usage.promotionId);
  const asked = new Map([...byDeal].map(([dealId, own]) => [dealId, own.map(turnRequestOf)]));
  const turned = await turnDeals(tx, asked);
  const refused = new Map<Request, RefusedUsage[]>();
  for (const [dealId, own] of byDeal)
    for (const [at, { request, usage }] of own.entries()) {
      const outcome = turned.get(dealId)?.outcomes[at];
      if (outcome && "claimId" in outcome) continue;
      const { promotionId, code } = usage;
      const reason = outcome ? reasonOf(outcome.refused) : "unknown_code";
      refused.set(request, [
        ...(refused.get(request) ?? []),
        { promotionId, ...(code === undefined ? {} : { code }), reason },
      ]);
    }
  return refused;
}

interface ClaimUsage {
  request: Request;
  usage: Usage;
}

function claimUsages(requests: readonly Request[]): ClaimUsage[] {
  return requests.flatMap((request) => request.usages.filter(isDeal).map((usage) => ({ request, usage })));
}

/** The code of a deal's discount is the claim. Codes are compared without regard to case. */
const claimIdOf = ({ code = "" }: Usage) => code.trim().toLowerCase();

function turnRequestOf({ request: { orderId, customerId }, usage }: ClaimUsage): TurnRequest {
  return { kind: "order", claimId: claimIdOf(usage), customerId, use: { orderId, amountMinor: usage.amountMinor } };
}

function reasonOf({ reason }: Refusal): RefusedUsage["reason"] {
  if (reason === "ordered") return "code_used";
  return reason === "ended" ? "ended" : "unknown_code";
}

/** Lets claims follow their orders, in the order of `fates`: paid, cancelled or not placed. Repeating it changes nothing. */
export async function followOrders(tx: Transaction, fates: readonly OrderFate[]): Promise<void> {
  if (fates.length === 0) return;
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

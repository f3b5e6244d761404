import type { Transaction } from "#lib/sql/transaction.ts";
import { lockDeals, type Named, saveTurned } from "../claims.store.ts";
import { type Turned, type TurnRequest, takeTurns } from "../domain/turns.ts";

/**
 * Answers what is asked of deals, for each in the order of its requests, and gives out the slots that are free.
 * @param asked by deal; without requests only what the time brings about happens
 * @returns what has changed, by deal; nothing for a deal that there is not
 */
export async function turnDeals(
  tx: Transaction,
  asked: ReadonlyMap<string, readonly TurnRequest[]>,
): Promise<Map<string, Turned>> {
  const { now, deals, claims, members } = await lockDeals(tx, [...asked.keys()], namedBy([...asked.values()].flat()));
  const claimsOf = Map.groupBy(claims, ({ dealId }) => dealId);
  const turned = deals.map((deal) =>
    takeTurns({ deal, now, claims: claimsOf.get(deal.dealId) ?? [], members }, asked.get(deal.dealId) ?? []),
  );
  const touched = turned.flatMap((result) => result.touched);
  const changed = turned.filter((result) => result.touched.length > 0).map(({ deal }) => deal);
  if (touched.length > 0) saveTurned(tx, changed, touched, now);
  return new Map(turned.map((result) => [result.deal.dealId, result]));
}

function namedBy(requests: readonly TurnRequest[]): Named {
  const claiming = requests.filter((request) => request.kind === "claim");
  return {
    claimIds: requests.flatMap((request) => (request.kind === "claim" ? [] : [request.claimId])),
    customerIds: [...new Set(claiming.map(({ customerId }) => customerId))],
    requestKeys: claiming.flatMap(({ requestKey }) => requestKey ?? []),
  };
}

import { batchedLookup } from "#lib/batched-lookup.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { ClaimDesk } from "./claim-desk.ts";
import { type ClaimReading, pricedClaims, readClaims } from "./claims.store.ts";
import type { PricedClaim } from "./domain/deal-discounts.ts";

/** What the handlers of deals share. */
export interface DealDeps {
  /** How long a granted claim lasts, in milliseconds. */
  claimMs: number;
  desk: ClaimDesk;
  /** A claim as it is when or after this is called; undefined when there is none. */
  readClaim(claimId: string): Promise<ClaimReading | undefined>;
  /** What a customer's claims make cheaper when or after this is called. */
  pricedClaims(customerId: string): Promise<readonly PricedClaim[]>;
}

/** Everybody who asks at one moment shares a query. */
export function setUpDeals({ db, env }: Pick<SetupContext, "db" | "env">): DealDeps {
  const claimMs = env.DEAL_CLAIM_SECONDS * 1_000;
  const findPriced = batchedLookup((customerIds) => pricedClaims(db, customerIds));
  return {
    claimMs,
    desk: new ClaimDesk(db, claimMs),
    readClaim: batchedLookup((claimIds) => readClaims(db, claimIds)),
    pricedClaims: async (customerId) => (await findPriced(customerId)) ?? [],
  };
}

/** The part of what a service's handlers share that is about deals. */
export interface HasDeals {
  deals: DealDeps;
}

import { batchedLookup } from "#lib/batched-lookup.ts";
import type { Database } from "#lib/sql/database.ts";
import { ClaimDesk } from "./claim-desk.ts";
import { type ClaimReading, pricedClaims, readClaims } from "./claims.store.ts";
import { hasDeals } from "./deals.store.ts";
import type { PricedClaim } from "./domain/deal-discounts.ts";
import { dealLimits } from "./domain/limits.ts";

/** What the handlers of deals share. */
export interface DealDeps {
  desk: ClaimDesk;
  /** A claim as it is when or after this is called; undefined when there is none. */
  readClaim(claimId: string): Promise<ClaimReading | undefined>;
  /** What a customer's claims make cheaper when or after this is called. */
  pricedClaims(customerId: string): Promise<readonly PricedClaim[]>;
  /** Whether some deal runs, or begins soon, as this node has read it last. Most shops have none most of the time. */
  any(): Promise<boolean>;
  /** Some node has added or ended a deal. */
  changed(): void;
}

/** Everybody who asks at one moment shares a query. */
export function setUpDeals(db: Database): DealDeps {
  const findPriced = batchedLookup((customerIds) => pricedClaims(db, customerIds));
  let known: { any: Promise<boolean>; until: number } | undefined;
  return {
    desk: new ClaimDesk(db),
    readClaim: batchedLookup((claimIds) => readClaims(db, claimIds)),
    pricedClaims: async (customerId) => (await findPriced(customerId)) ?? [],
    any() {
      if (known && performance.now() < known.until) return known.any;
      const any = hasDeals(db, dealLimits.DEALS_AHEAD_SECONDS);
      const asked = { any, until: performance.now() + dealLimits.DEALS_KNOWN_MS };
      known = asked;
      any.catch(() => {
        if (known === asked) known = undefined; // the next one asks again
      });
      return any;
    },
    changed() {
      known = undefined;
    },
  };
}

/** The part of what a service's handlers share that is about deals. */
export interface HasDeals {
  deals: DealDeps;
}

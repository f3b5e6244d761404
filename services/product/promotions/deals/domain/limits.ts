/** The bounds of lightning deals, each with its unit. */
export const dealLimits = {
  DEALS_OPEN: 1_000, // that are not over
  DEAL_SLOTS: 100_000, // pieces of one deal
  DEAL_CLAIMS_PER_CUSTOMER: 100, // pieces of one deal that one customer may have
  DEAL_QUEUE: 100_000, // claims of one deal that wait: their positions are counted in one statement
  DEALS_KNOWN_MS: 5_000, // a node asks again after that whether there are deals: the signal may be lost
  DEALS_AHEAD_SECONDS: 60, // before a deal begins, nodes and carts know that there is one
  CLAIMS_AT_ONCE: 200, // requests of one node about one deal that share a transaction
  CLAIMS_WAITING: 20_000, // requests of one node about claims that wait for a transaction
} as const;

/** The bounds of this service, each with its unit. */
export const sellerLimits = {
  NAME_CHARS: 200,
  DECISION_CHARS: 500, // of a decision, which the seller reads
  MEMBERS: 50, // customers who act for one seller
  SELLERS_OF_OWNER: 10, // that one customer has applied for
  DOCUMENTS: 20, // of one seller
  DOCUMENT_BYTES: 10_000_000, // of one document
  DOCUMENT_PART_BYTES: 524_288, // each part is encrypted by itself, as it arrives
  READING_SECONDS: 300, // in which one reading asks for all parts of a document
  DOCUMENT_SECONDS: 3_600, // then the parts of an upload that was not finished are deleted
  DOCUMENT_DAYS: 180, // then the documents of a seller who was rejected are deleted
  DOCUMENT_SWEEP_MS: 60_000, // between two looks for documents to delete
  SWEPT_DOCUMENTS: 200, // that one run deletes
  OFFERS: 100_000, // of one seller
  OFFERS_SHOWN: 100, // of one product
  OFFER_PIECES: 1_000_000_000, // of one offer
  HANDLING_DAYS: 90, // until a seller hands goods to the carrier
  SHOP_HANDLING_DAYS: 1, // of the shop's own goods, where they are compared with offers
  RATINGS_ASSUMED: 10, // beside those of a seller, so that a few ratings change little
  POSITIVE_ASSUMED: 9, // of those
  HANDLING_PERMILLE: 5, // of the price, by which each day of handling makes an offer less good
  RATING_PERMILLE: 200, // of the price, by which a seller with no positive rating is less good than one with no other
  PIECES_HOLD_MS: 900_000, // a reservation whose order is unknown is released after that
  PIECES_SWEEP_MS: 10_000, // between two looks for such reservations
  COMMISSION_RULES: 10_000,
  BARRED_DAYS: 30, // then an order without pieces that was cancelled is forgotten
  PAYOUT_SWEEP_MS: 5_000, // between two looks for balances that are due
  PAYOUTS_PER_RUN: 200, // that one run makes
  STATEMENT_LINES: 10_000, // of one statement; its sums count all
  KYC: {
    concurrency: 4, // sellers that one node checks at once
    batch: 10, // sellers that one node claims at once
    timeoutMs: 10_000, // for one question to the provider
    leaseMs: 30_000, // of a claim; then another node may claim it
    pollMs: 1_000, // between two looks for what is due
    backoffMs: 1_000, // after the first attempt that failed
    backoffCapMs: 300_000,
    maxAttempts: 500, // more than a day
  },
  PAYOUTS: {
    concurrency: 4, // payouts that one node sends at once
    batch: 10,
    timeoutMs: 10_000,
    leaseMs: 30_000,
    pollMs: 1_000,
    backoffMs: 1_000,
    backoffCapMs: 300_000,
    maxAttempts: 500,
  },
} as const;

/** What customers say of a product. */
export interface Rating {
  average: number;
  /** Reviews. */
  count: number;
}

/** What pricing and inventory say about some skus; `undefined` where that service could not be reached. */
export interface Offers {
  currency: string;
  /** Price in minor units by sku. */
  amountMinor: ReadonlyMap<string, number> | undefined;
  /** Pieces by sku. */
  available: ReadonlyMap<string, number> | undefined;
  /** By product; of those that have one, while they can be read. */
  ratings: ReadonlyMap<string, Rating>;
}

import type { Sellable } from "./domain/resolve.ts";

/**
 * What each order asks of the catalogue, kept in memory for a moment. A change anywhere in the cluster removes exactly
 * its product; the short time to live bounds the harm when that signal is lost. Only what exists is kept, so a product
 * or variant that is new can be sold at once.
 */
export class SellableCache {
  readonly #entries = new Map<string, { product: Sellable; until: number }>();
  readonly #bound: number;
  readonly #ttlMs: number;
  readonly #now: () => number;

  constructor(options: { entries: number; ttlMs: number; now: () => number }) {
    this.#bound = options.entries;
    this.#ttlMs = options.ttlMs;
    this.#now = options.now;
  }

  get(productId: string): Sellable | undefined {
    const entry = this.#entries.get(productId);
    return entry && entry.until > this.#now() ? entry.product : undefined;
  }

  keep(products: Iterable<Sellable>): void {
    const until = this.#now() + this.#ttlMs;
    for (const product of products) {
      // Deleted first, so that the map stays in the order of expiry and its first entry is the oldest.
      this.#entries.delete(product.productId);
      this.#entries.set(product.productId, { product, until });
    }
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#bound) break;
      this.#entries.delete(oldest);
    }
  }

  forget(productIds: readonly string[]): void {
    for (const productId of productIds) this.#entries.delete(productId);
  }
}

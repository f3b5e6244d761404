import type { Sellable } from "../domain/resolve.ts";

/**
 * Products that orders asked for recently, in memory. The signal `catalog.productsChanged` removes a product that was
 * changed on any node; the short time to live limits the harm when that signal is lost. Products that do not exist are
 * not cached, so a new product or variant can be sold at once.
 */
export class SellableCache {
  readonly #entries = new Map<string, { product: Sellable; expiresAt: number }>();
  readonly #maxEntries: number;
  readonly #ttlMs: number;
  readonly #now: () => number;

  constructor(options: { maxEntries: number; ttlMs: number; now: () => number }) {
    this.#maxEntries = options.maxEntries;
    this.#ttlMs = options.ttlMs;
    this.#now = options.now;
  }

  get(productId: string): Sellable | undefined {
    const entry = this.#entries.get(productId);
    return entry && entry.expiresAt > this.#now() ? entry.product : undefined;
  }

  put(products: Iterable<Sellable>): void {
    const expiresAt = this.#now() + this.#ttlMs;
    for (const product of products) {
      // An entry is deleted first, so that the map stays in the order of expiry and its first entry is the oldest.
      this.#entries.delete(product.productId);
      this.#entries.set(product.productId, { product, expiresAt });
    }
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) break;
      this.#entries.delete(oldest);
    }
  }

  remove(productIds: readonly string[]): void {
    for (const productId of productIds) this.#entries.delete(productId);
  }
}

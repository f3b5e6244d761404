import type { Sellable } from "../domain/resolve.ts";
import type { Shown } from "../shown.store.ts";

/**
 * Products that orders asked for recently, in memory. The signal `catalog.productsChanged` removes a product that was
 * changed on any node; the short time to live limits the harm when that signal is lost. Products that do not exist are
 * not cached, so a new product or variant can be sold at once. All products are of one version of the catalogue, so that an
 * order is never resolved from two.
 */
export class SellableCache {
  readonly #entries = new Map<string, { product: Sellable; expiresAt: number }>();
  #shown: number | "draft" = "draft";
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

  /** Forgets everything of another version. @returns whether it held this one already */
  follow(shown: Shown): boolean {
    if (keyOf(shown) === this.#shown) return true;
    this.clear();
    this.#shown = keyOf(shown);
    return false;
  }

  /** @param shown of what version they are; those of another one than the cache follows are not kept */
  put(products: Iterable<Sellable>, shown: Shown): void {
    if (keyOf(shown) !== this.#shown) return;
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

  clear(): void {
    this.#entries.clear();
  }
}

const keyOf = (shown: Shown) => (shown.kind === "draft" ? "draft" : shown.snapshot);

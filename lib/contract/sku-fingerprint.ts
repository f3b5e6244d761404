import { partitionOf } from "#lib/events/envelope.ts";

const FINGERPRINTS = 2 ** 32;

/**
 * A sku as signals name it: a number of 32 bits, so that thousands of skus fit into a small message. Two skus may have the
 * same one; then a cached answer is dropped that need not be.
 */
export function skuFingerprint(sku: string): number {
  return partitionOf(sku, FINGERPRINTS);
}

/**
 * Plain Moleculer broadcasts, for what may be lost: nudges and cache invalidation. Every node hears them; whoever
 * relies on one has a slow poll or a short time to live behind it.
 */
export interface Signals {
  /** Rows were committed to a service's outbox. */
  "outbox.committed": { service: string };
  /** An order's history grew. `settled`: whoever waits for it need not wait longer. */
  "orders.changed": { orderId: string; version: number; settled: boolean };
  /** Cached reads that mention any of these tags are stale. Tags look like `products`, `product:<id>`, `sku:<sku>`. */
  "edge.invalidate": { tags: readonly string[] };
  /** Signing keys were rotated. */
  "auth.keys-changed": Record<never, never>;
}

export type SignalName = keyof Signals;

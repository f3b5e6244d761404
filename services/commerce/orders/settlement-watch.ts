import { orderLimits } from "./domain/limits.ts";
import type { ReceiptRow } from "./orders.store.ts";

const POLL_MS = 500; // behind the signal, which may be lost; one query for all who wait

/**
 * Lets callers wait until orders have settled. Whoever waits is registered first and looked up second, so no change is
 * missed between the two; all look-ups of one moment share a query, so a thousand waiters cost the database as much as
 * one.
 */
export class SettlementWatch {
  readonly #settledAmong: (orderIds: readonly string[]) => Promise<ReceiptRow[]>;
  readonly #waiting = new Map<string, Set<(settled?: ReceiptRow) => void>>();
  readonly #stale = new Set<string>();
  readonly #poll: NodeJS.Timeout;
  #waiters = 0;
  #looking = false;

  /** @param settledAmong reads those of some orders that have settled */
  constructor(settledAmong: (orderIds: readonly string[]) => Promise<ReceiptRow[]>) {
    this.#settledAmong = settledAmong;
    this.#poll = setInterval(() => this.#lookAt(this.#waiting.keys()), POLL_MS);
  }

  /** @returns the order as soon as it has settled; undefined when time is up, or when too many wait already */
  async settled(orderId: string, ms: number): Promise<ReceiptRow | undefined> {
    if (this.#waiters >= orderLimits.ORDER_WAITERS) return undefined;
    this.#waiters += 1;
    const waiting = this.#waiting.get(orderId) ?? new Set();
    this.#waiting.set(orderId, waiting);
    const { promise, resolve } = Promise.withResolvers<ReceiptRow | undefined>();
    const timer = setTimeout(() => resolve(undefined), ms);
    waiting.add(resolve);
    this.#lookAt([orderId]);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters -= 1;
      waiting.delete(resolve);
      if (waiting.size === 0 && this.#waiting.get(orderId) === waiting) this.#waiting.delete(orderId);
    }
  }

  /** An order settled somewhere. */
  settle(orderId: string): void {
    if (this.#waiting.has(orderId)) this.#lookAt([orderId]);
  }

  /** Everybody gets the answer there is. */
  close(): void {
    clearInterval(this.#poll);
    for (const waiting of this.#waiting.values()) for (const resolve of waiting) resolve();
  }

  #lookAt(orderIds: Iterable<string>): void {
    for (const orderId of orderIds) this.#stale.add(orderId);
    if (this.#looking || this.#stale.size === 0) return;
    this.#looking = true;
    setImmediate(() => void this.#look());
  }

  async #look(): Promise<void> {
    const orderIds = [...this.#stale];
    this.#stale.clear();
    try {
      for (const row of await this.#settledAmong(orderIds)) {
        for (const resolve of this.#waiting.get(row.orderId) ?? []) resolve(row);
      }
    } catch {
      // The database is away: the poll asks again, and the time of those who wait runs out meanwhile.
    } finally {
      this.#looking = false;
      this.#lookAt([]);
    }
  }
}

import type { ServerResponse } from "node:http";

/** The requests that wait for something slow, so that a gateway that is about to stop can end their waits. */
export class WaitingRequests {
  readonly #ends = new Set<() => void>();
  #closed = false;

  get size(): number {
    return this.#ends.size;
  }

  /**
   * Each request gets a promise of its own: handlers of one promise that lives as long as the gateway would pile up.
   * @returns a promise that resolves when the wait must end: at `close`, or when the client has already disconnected
   */
  add(res: ServerResponse): Promise<void> {
    if (this.#closed || res.closed) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ends.add(resolve);
    res.once("close", () => this.#ends.delete(resolve));
    return promise;
  }

  /** Ends all waits; later ones end at once. */
  close(): void {
    this.#closed = true;
    for (const end of this.#ends) end();
  }
}

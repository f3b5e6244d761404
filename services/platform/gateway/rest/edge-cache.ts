import { BoundedMap } from "#lib/bounded-map.ts";
import { gatewayLimits } from "../domain/limits.ts";
import { type StoredResponse, storedJson } from "./stored-response.ts";

/**
 * Keeps the responses of reads whose contract says `cached`, until a time to live has passed or `invalidate` is called.
 * Concurrent requests for a missing response share one call.
 */
export class EdgeCache {
  readonly #responses = new BoundedMap<string, StoredResponse & { expiresAt: number }>(
    gatewayLimits.EDGE_CACHE_ENTRIES,
  );
  readonly #loading = new Map<string, Promise<StoredResponse>>();
  #generation = 0;

  fresh(key: string): StoredResponse | undefined {
    const response = this.#responses.get(key);
    return response && response.expiresAt > performance.now() ? response : undefined;
  }

  /**
   * @param url with whatever else the answer depends on
   * @param vary the request headers that it depends on, beside `Accept-Encoding`
   */
  async load(url: string, read: () => Promise<unknown>, vary: readonly string[] = []): Promise<StoredResponse> {
    const cached = this.fresh(url);
    if (cached) return cached;
    const generation = this.#generation;
    // A request that comes after an invalidation must not get what was read before it.
    const key = `${generation} ${url}`;
    let loading = this.#loading.get(key);
    if (!loading) {
      loading = read()
        .then((value) => this.#store(url, value, generation, vary))
        .finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }

  invalidate(): void {
    this.#generation += 1;
    this.#responses.clear();
  }

  #store(url: string, value: unknown, generation: number, vary: readonly string[]): StoredResponse {
    const response = { ...storedJson(value, vary), expiresAt: performance.now() + gatewayLimits.EDGE_CACHE_TTL_MS };
    if (generation === this.#generation) {
      this.#responses.set(url, response);
    }
    return response;
  }
}

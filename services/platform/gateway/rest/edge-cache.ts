import { BoundedMap } from "#lib/bounded-map.ts";
import { ByteCache } from "#lib/byte-cache.ts";
import { gatewayLimits } from "../domain/limits.ts";
import { type StoredResponse, storedJson } from "./stored-response.ts";

interface Kept extends StoredResponse {
  expiresAt: number;
}

/**
 * Keeps the responses of reads whose contract says `cached`, until a time to live has passed or `invalidate` is called.
 * Concurrent requests for a missing response share one call.
 */
export class EdgeCache {
  readonly #responses = new BoundedMap<string, Kept>(gatewayLimits.EDGE_CACHE_ENTRIES);
  readonly #immutable = new ByteCache<Kept & { byteLength: number }>(gatewayLimits.IMMUTABLE_CACHE_BYTES);
  readonly #loading = new Map<string, Promise<StoredResponse>>();
  #generation = 0;

  fresh(url: string): StoredResponse | undefined {
    const response = this.#responses.get(url) ?? this.#immutable.get(url);
    return response && response.expiresAt > performance.now() ? response : undefined;
  }

  async load(url: string, read: () => Promise<unknown>): Promise<StoredResponse> {
    const cached = this.fresh(url);
    if (cached) return cached;
    const generation = this.#generation;
    // A request that comes after an invalidation must not get what was read before it.
    const key = `${generation} ${url}`;
    let loading = this.#loading.get(key);
    if (!loading) {
      loading = read()
        .then((value) => this.#store(url, value, generation))
        .finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }

  /** Keeps a response that never changes, such as an image. It stays when others are invalidated. */
  keepImmutable(url: string, response: StoredResponse): void {
    const expiresAt = performance.now() + gatewayLimits.IMMUTABLE_CACHE_TTL_MS;
    this.#immutable.set(url, { ...response, expiresAt, byteLength: response.plain.body.length });
  }

  invalidate(): void {
    this.#generation += 1;
    this.#responses.clear();
  }

  #store(url: string, value: unknown, generation: number): StoredResponse {
    const response = { ...storedJson(value), expiresAt: performance.now() + gatewayLimits.EDGE_CACHE_TTL_MS };
    if (generation === this.#generation) {
      this.#responses.set(url, response);
    }
    return response;
  }
}

import { ByteCache } from "#lib/byte-cache.ts";
import { skuFingerprint } from "#lib/contract/sku-fingerprint.ts";
import { gatewayLimits } from "../domain/limits.ts";
import { type StoredResponse, storedJson } from "./stored-response.ts";

/** What an answer shows, and what it depends on. */
interface Kept<Answer> {
  skus?: ((answer: Answer) => readonly string[]) | undefined;
  vary?: readonly string[];
}

interface Entry extends StoredResponse {
  expiresAt: number;
  /** Fingerprints of the skus that it shows; undefined: it is not known what it shows. */
  shows: readonly number[] | undefined;
}

/** An answer in bytes that never changes. */
interface Immutable extends StoredResponse {
  expiresAt: number;
  byteLength: number;
}

/** Invalidations while an answer is read, of which it is not known yet what it shows. */
interface Loading {
  changed: ReadonlySet<number>[];
  all: boolean;
}

/**
 * Keeps the responses of reads whose contract says `cached`, until a time to live has passed or they are invalidated: all of
 * them, or those that show one of some skus, which an index finds. Concurrent requests for a missing response share one call.
 */
export class EdgeCache {
  readonly #maxEntries: number;
  /** The oldest first. */
  readonly #responses = new Map<string, Entry>();
  readonly #urlsBySku = new Map<number, Set<string>>();
  readonly #immutable = new ByteCache<Immutable>(gatewayLimits.IMMUTABLE_CACHE_BYTES);
  readonly #shared = new Map<string, Promise<StoredResponse>>();
  readonly #loading = new Set<Loading>();
  #generation = 0;

  constructor(maxEntries: number = gatewayLimits.EDGE_CACHE_ENTRIES) {
    this.#maxEntries = maxEntries;
  }

  /**
   * @param url with whatever else the answer depends on
   * @param address of the request: what never changes is the same in every language
   */
  fresh(url: string, address = url): StoredResponse | undefined {
    const response = this.#responses.get(url) ?? this.#immutable.get(address);
    return response && response.expiresAt > performance.now() ? response : undefined;
  }

  /**
   * @param url with whatever else the answer depends on
   * @param read makes the answer
   * @param of.skus says which skus an answer shows; absent: only `invalidate` drops it, and it is not stored if any sku
   *   changed while it was read
   * @param of.vary the request headers that it depends on, beside `Accept-Encoding`
   */
  async load<Answer>(url: string, read: () => Promise<Answer>, of: Kept<Answer> = {}): Promise<StoredResponse> {
    const cached = this.fresh(url);
    if (cached) return cached;
    // A request that comes after an invalidation must not get what was read before it.
    const key = `${this.#generation} ${url}`;
    let shared = this.#shared.get(key);
    if (!shared) {
      shared = this.#read(url, read, of).finally(() => this.#shared.delete(key));
      this.#shared.set(key, shared);
    }
    return shared;
  }

  /** Keeps a response that never changes, such as an image. It stays when others are invalidated. */
  keepImmutable(url: string, response: StoredResponse): void {
    const expiresAt = performance.now() + gatewayLimits.IMMUTABLE_CACHE_TTL_MS;
    this.#immutable.set(url, { ...response, expiresAt, byteLength: response.plain.body.length });
  }

  /** Everything that was read so far is stale. */
  invalidate(): void {
    this.#generation += 1;
    this.#responses.clear();
    this.#urlsBySku.clear();
    for (const loading of this.#loading) loading.all = true;
  }

  /** What was read so far about these skus is stale. @param skus their fingerprints */
  invalidateSkus(skus: readonly number[]): void {
    this.#generation += 1;
    for (const sku of skus) for (const url of this.#urlsBySku.get(sku) ?? []) this.#delete(url);
    if (this.#loading.size === 0) return;
    const changed = new Set(skus);
    for (const loading of this.#loading) loading.changed.push(changed);
  }

  async #read<Answer>(
    url: string,
    read: () => Promise<Answer>,
    { skus, vary = [] }: Kept<Answer>,
  ): Promise<StoredResponse> {
    const loading: Loading = { changed: [], all: false };
    this.#loading.add(loading);
    try {
      const answer = await read();
      const shows = skus?.(answer).map(skuFingerprint);
      const response = storedJson(answer, vary);
      if (!isStale(loading, shows)) this.#store(url, response, shows);
      return response;
    } finally {
      this.#loading.delete(loading);
    }
  }

  #store(url: string, response: StoredResponse, shows: readonly number[] | undefined): void {
    this.#delete(url);
    const [oldest] = this.#responses.keys();
    if (oldest !== undefined && this.#responses.size >= this.#maxEntries) this.#delete(oldest);
    this.#responses.set(url, { ...response, shows, expiresAt: performance.now() + gatewayLimits.EDGE_CACHE_TTL_MS });
    for (const sku of shows ?? []) {
      const urls = this.#urlsBySku.get(sku);
      if (urls) urls.add(url);
      else this.#urlsBySku.set(sku, new Set([url]));
    }
  }

  #delete(url: string): void {
    const response = this.#responses.get(url);
    if (!response) return;
    this.#responses.delete(url);
    for (const sku of response.shows ?? []) {
      const urls = this.#urlsBySku.get(sku);
      urls?.delete(url);
      if (urls?.size === 0) this.#urlsBySku.delete(sku);
    }
  }
}

/** Whether an answer may show what was changed while it was read. */
function isStale({ changed, all }: Loading, shows: readonly number[] | undefined): boolean {
  if (all) return true;
  if (changed.length === 0) return false;
  return shows === undefined || shows.some((sku) => changed.some((skus) => skus.has(sku)));
}

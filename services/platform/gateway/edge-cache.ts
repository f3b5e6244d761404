import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { gatewayLimits } from "./limits.ts";

/** An answer ready to be sent again. */
export interface CachedAnswer {
  body: Buffer;
  zipped: Buffer;
  etag: string;
}

/**
 * Answers to catalogue reads, kept for a second and dropped when the catalogue says it changed. Many requests for an
 * answer that is not there wait for one call.
 */
export class EdgeCache {
  readonly #answers = new Map<string, CachedAnswer & { expiresAt: number }>();
  readonly #loading = new Map<string, Promise<CachedAnswer>>();
  #generation = 0;

  fresh(url: string): CachedAnswer | undefined {
    const answer = this.#answers.get(url);
    return answer && answer.expiresAt > performance.now() ? answer : undefined;
  }

  async load(url: string, read: () => Promise<unknown>): Promise<CachedAnswer> {
    const cached = this.fresh(url);
    if (cached) return cached;
    const generation = this.#generation;
    const key = `${generation} ${url}`; // who asks after an invalidation does not get what was read before it
    let loading = this.#loading.get(key);
    if (!loading) {
      loading = read()
        .then((value) => this.#keep(url, value, generation))
        .finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }

  invalidate(): void {
    this.#generation += 1;
    this.#answers.clear();
  }

  #keep(url: string, value: unknown, generation: number): CachedAnswer {
    const body = Buffer.from(JSON.stringify(value));
    const answer = {
      body,
      zipped: gzipSync(body, { level: 1 }),
      etag: `"${createHash("sha1").update(body).digest("base64url")}"`,
      expiresAt: performance.now() + gatewayLimits.EDGE_CACHE_TTL_MS,
    };
    if (generation === this.#generation) {
      if (this.#answers.size >= gatewayLimits.EDGE_CACHE_ENTRIES)
        this.#answers.delete(this.#answers.keys().next().value as string);
      this.#answers.delete(url);
      this.#answers.set(url, answer);
    }
    return answer;
  }
}

import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { gatewayLimits } from "../domain/limits.ts";
import { acceptsGzip, send } from "./respond.ts";

/** A response body that can be sent many times. */
export interface CachedResponse {
  body: Buffer;
  gzipped: Buffer;
  etag: string;
}

/**
 * Keeps the responses of reads whose contract says `cached`, until a time to live has passed or `invalidate` is called.
 * Concurrent requests for a missing response share one call.
 */
export class EdgeCache {
  readonly #responses = new Map<string, CachedResponse & { expiresAt: number }>();
  readonly #loading = new Map<string, Promise<CachedResponse>>();
  #generation = 0;

  fresh(url: string): CachedResponse | undefined {
    const response = this.#responses.get(url);
    return response && response.expiresAt > performance.now() ? response : undefined;
  }

  async load(url: string, read: () => Promise<unknown>): Promise<CachedResponse> {
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

  invalidate(): void {
    this.#generation += 1;
    this.#responses.clear();
  }

  #store(url: string, value: unknown, generation: number): CachedResponse {
    const response = { ...cacheable(value), expiresAt: performance.now() + gatewayLimits.EDGE_CACHE_TTL_MS };
    if (generation === this.#generation) {
      if (this.#responses.size >= gatewayLimits.EDGE_CACHE_ENTRIES)
        this.#responses.delete(this.#responses.keys().next().value as string);
      this.#responses.delete(url);
      this.#responses.set(url, response);
    }
    return response;
  }
}

/** The response that sends this value as JSON. */
export function cacheable(value: unknown): CachedResponse {
  const body = Buffer.from(JSON.stringify(value));
  return {
    body,
    gzipped: gzipSync(body, { level: 1 }),
    etag: `"${createHash("sha1").update(body).digest("base64url")}"`,
  };
}

/** Sends a cached response, or 304 when the client already has it. */
export function sendCached(req: IncomingMessage, res: ServerResponse, { body, gzipped, etag }: CachedResponse): void {
  const headers = { ETag: etag, "Cache-Control": "public, max-age=0, must-revalidate" };
  const held = req.headers["if-none-match"];
  if (held?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag || tag.trim() === "*")) {
    res.writeHead(304, headers).end();
    return;
  }
  const jsonHeaders = { ...headers, "Content-Type": "application/json; charset=utf-8" };
  send(res, 200, jsonHeaders, body, acceptsGzip(req) ? gzipped : undefined);
}

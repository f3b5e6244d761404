import type { Contract } from "#lib/contract/types.ts";

/** Pages of every origin may call the API and read its answers: it uses no cookies, so no page can act for its visitor. */
export const CORS_HEADERS = { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*" };

const REQUEST_HEADERS = [
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
  "If-None-Match",
  "Last-Event-ID",
  "Prefer",
  "X-Api-Key",
  "X-Request-Id",
  "traceparent",
];

/**
 * What a browser is told that asks before it sends a request. It is the same for all paths, so that a page sees the 404 or
 * 405 of its request. Browsers may also send the headers that contracts declare. `*` would not include `Authorization`.
 */
export function preflightHeaders(contracts: readonly Contract[]): Record<string, string> {
  const declared = contracts
    .flatMap(({ actions }) => Object.values(actions))
    .flatMap(({ headers = {} }) => Object.values(headers).map(({ name }) => name));
  return {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": [...new Set([...REQUEST_HEADERS, ...declared])].join(", "),
    "Access-Control-Max-Age": "3600",
  };
}

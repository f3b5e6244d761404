import type { IncomingMessage } from "node:http";
import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ActionContract } from "#lib/contract/types.ts";

const SAFE_REQUEST_ID = /^[\w.:@/+=-]{1,128}$/;

/** The client's `X-Request-Id`; undefined when it has characters or a length that logs should not contain. */
export function givenRequestId(req: IncomingMessage): string | undefined {
  const given = req.headers["x-request-id"];
  return typeof given === "string" && SAFE_REQUEST_ID.test(given) ? given : undefined;
}

/**
 * Whether all percent-encoding of a path with its query can be decoded. What follows could not: moleculer-web fails with
 * an error of its own for a path, and `URLSearchParams` replaces bytes that are no UTF-8.
 */
export function hasValidEncoding(url: string): boolean {
  if (!url.includes("%")) return true;
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}

/** The id of a request: the client's, or a new one. */
export function requestIdOf(req: IncomingMessage): string {
  return givenRequestId(req) ?? newId("request");
}

/** Seconds of `Prefer: wait=N`, at most `PREFER_WAIT_SECONDS`; 0 when the client does not want to wait. */
export function preferredWait(req: IncomingMessage): number {
  const seconds = /(?:^|[,;\s])wait=(\d{1,4})\b/.exec(String(req.headers.prefer ?? ""))?.[1];
  return Math.min(Number(seconds ?? 0), limits.PREFER_WAIT_SECONDS);
}

/**
 * The client's `Idempotency-Key`.
 * @throws DomainError VALIDATION_FAILED when it is longer than allowed
 */
export function idempotencyKey(req: IncomingMessage): string | undefined {
  const key = req.headers["idempotency-key"];
  if (key === undefined || key === "") return undefined;
  if (typeof key !== "string" || key.length > limits.IDEMPOTENCY_KEY_CHARS) {
    throw new DomainError(
      "VALIDATION_FAILED",
      `An Idempotency-Key has at most ${limits.IDEMPOTENCY_KEY_CHARS} characters.`,
    );
  }
  return key;
}

/** The client's W3C `traceparent`; undefined when it is not valid. */
export function traceparent(req: IncomingMessage): string | undefined {
  const given = req.headers.traceparent;
  return typeof given === "string" && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(given) ? given : undefined;
}

/** The headers that an action reads, by the names that its contract gives them. */
export function declaredHeaders(req: IncomingMessage, { headers = {} }: ActionContract): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([key, { name }]) => {
      const value = req.headers[name.toLowerCase()];
      return typeof value === "string" ? [[key, value]] : [];
    }),
  );
}

/** The address of the client: of the socket, or behind a trusted proxy the one that the proxy forwards. */
export function clientAddress(req: IncomingMessage, trustProxy: boolean): string {
  const forwarded = req.headers["x-forwarded-for"];
  // Our own proxy wrote the last entry. Earlier entries may be forged by the client.
  const client = trustProxy && typeof forwarded === "string" ? forwarded.split(",").at(-1)?.trim() : undefined;
  return client || req.socket.remoteAddress || "unknown";
}

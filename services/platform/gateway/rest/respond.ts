import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { acceptsGzip } from "./accept.ts";
import { CORS_HEADERS } from "./cors.ts";

const compress = promisify(gzip);
const COMPRESSION_MIN_BYTES = 2_048; // below it gzip costs more time than the network

/**
 * Sent with every response. What may be stored, by browsers and proxies, is the exception and says so itself, because most
 * answers are personal. The reference page replaces the content policy by one that allows its own scripts.
 */
export const DEFAULT_HEADERS: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "cross-origin",
  "Cache-Control": "no-store",
  ...CORS_HEADERS,
};

const DEFAULT_ENTRIES = Object.entries(DEFAULT_HEADERS);

export function setDefaultHeaders(res: ServerResponse): void {
  for (const [name, value] of DEFAULT_ENTRIES) res.setHeader(name, value);
}

export function setRequestId(res: ServerResponse, requestId: string): void {
  if (!res.headersSent) res.setHeader("X-Request-Id", requestId);
}

/** Sends JSON, compressed when the client accepts that and the body is large enough. */
export async function sendJson(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  value: unknown,
): Promise<void> {
  if (status === 204) {
    res.writeHead(204).end();
    return;
  }
  const body = Buffer.from(JSON.stringify(value ?? {}));
  const isGzipped = body.length >= COMPRESSION_MIN_BYTES && acceptsGzip(req.headers["accept-encoding"]);
  send(
    res,
    status,
    { "Content-Type": "application/json; charset=utf-8", Vary: "Accept-Encoding" },
    isGzipped ? await compress(body, { level: 1 }) : body,
    isGzipped,
  );
}

/** Sends a body. Does nothing when a response was already sent. */
export function send(
  res: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Buffer,
  isGzipped = false,
): void {
  if (res.headersSent || res.writableEnded) return;
  res.writeHead(status, {
    ...headers,
    ...(isGzipped ? { "Content-Encoding": "gzip" } : {}),
    "Content-Length": body.length,
  });
  res.end(body);
}

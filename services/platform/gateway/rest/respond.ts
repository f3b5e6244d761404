import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const compress = promisify(gzip);
const COMPRESSION_MIN_BYTES = 2_048; // below it gzip costs more time than the network

/** Sent with every response. The reference page replaces the content policy by one that allows its own scripts. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "cross-origin",
};

export function setHeaders(res: ServerResponse, headers: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
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
  type = "application/json",
): Promise<void> {
  if (status === 204) {
    res.writeHead(204).end();
    return;
  }
  const body = Buffer.from(JSON.stringify(value ?? {}));
  const gzipped =
    body.length >= COMPRESSION_MIN_BYTES && acceptsGzip(req) ? await compress(body, { level: 1 }) : undefined;
  send(res, status, { "Content-Type": `${type}; charset=utf-8` }, body, gzipped);
}

/** Sends a body, in its compressed form if one is given. Does nothing when a response was already sent. */
export function send(
  res: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Buffer,
  gzipped?: Buffer,
): void {
  if (res.headersSent || res.writableEnded) return;
  const bytes = gzipped ?? body;
  res.writeHead(status, {
    ...headers,
    ...(gzipped ? { "Content-Encoding": "gzip", Vary: "Accept-Encoding" } : {}),
    "Content-Length": bytes.length,
  });
  res.end(bytes);
}

export function acceptsGzip(req: IncomingMessage): boolean {
  return /\bgzip\b/.test(String(req.headers["accept-encoding"] ?? ""));
}

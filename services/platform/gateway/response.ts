import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { limits } from "#config/limits.ts";
import { commonErrors, DomainError, type ErrorCode, errorSpec, isDomainError } from "#lib/contract/errors.ts";
import { isOutage } from "#lib/contract/outage.ts";

const compress = promisify(gzip);
const COMPRESS_FROM_BYTES = 2_048; // below it gzip costs more than the network does

/** Sent with every answer. The docs page loosens the content policy for itself. */
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

/** Sends JSON, compressed where the client can read it and it pays. */
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
  const zipped =
    body.length >= COMPRESS_FROM_BYTES && acceptsGzip(req) ? await compress(body, { level: 1 }) : undefined;
  send(res, status, { "Content-Type": `${type}; charset=utf-8` }, body, zipped);
}

/** Sends bytes, or their gzip form where there is one. */
export function send(
  res: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Buffer,
  zipped?: Buffer,
): void {
  if (res.headersSent || res.writableEnded) return;
  const bytes = zipped ?? body;
  res.writeHead(status, {
    ...headers,
    ...(zipped ? { "Content-Encoding": "gzip", Vary: "Accept-Encoding" } : {}),
    "Content-Length": bytes.length,
  });
  res.end(bytes);
}

export function acceptsGzip(req: IncomingMessage): boolean {
  return /\bgzip\b/.test(String(req.headers["accept-encoding"] ?? ""));
}

/** An RFC 9457 problem: what a client sees of an error. Never a stack, never SQL. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  requestId: string;
  [fact: string]: unknown;
}

/** Translates any error, once, at the edge. What is not in the catalogue is either an outage or our fault. */
export function problemOf(error: unknown, requestId: string): ProblemBody {
  const known = isDomainError(error);
  const code: ErrorCode = known ? error.type : isOutage(error) ? "SERVICE_UNAVAILABLE" : "INTERNAL";
  const { status, title } = errorSpec(code) ?? commonErrors.INTERNAL;
  const facts = known ? ((error.data ?? {}) as Record<string, unknown>) : {};
  const { retryAfterSeconds: _, ...shown } = facts;
  return {
    ...shown,
    type: `/problems/${code.toLowerCase().replaceAll("_", "-")}`,
    title,
    status,
    detail: known ? error.message : title,
    code,
    requestId,
  };
}

const BUSY = Object.entries({
  ...SECURITY_HEADERS,
  "Content-Type": "application/problem+json; charset=utf-8",
  "Retry-After": String(limits.RETRY_AFTER_SECONDS),
  "Access-Control-Allow-Origin": "*",
}).flat();
const BUSY_BODY = JSON.stringify(problemOf(new DomainError("SERVICE_UNAVAILABLE", "The shop is busy."), "")).slice(
  0,
  -2,
);

/** Turns a request away before anything was done for it: it must cost next to nothing, or it would be load itself. */
export function sendBusy(res: ServerResponse, requestId: string): void {
  const body = `${BUSY_BODY}${requestId}"}`;
  res.writeHead(503, [...BUSY, "X-Request-Id", requestId, "Content-Length", String(body.length)]).end(body);
}

/** Sends an error as a problem, with `Retry-After` where trying again makes sense. */
export function sendProblem(req: IncomingMessage, res: ServerResponse, error: unknown, requestId: string): ProblemBody {
  const problem = problemOf(error, requestId);
  if (problem.status === 503 || problem.status === 429) {
    const data = isDomainError(error) ? (error.data as { retryAfterSeconds?: number } | undefined) : undefined;
    if (!res.headersSent)
      res.setHeader("Retry-After", Math.max(1, Math.ceil(data?.retryAfterSeconds ?? limits.RETRY_AFTER_SECONDS)));
  }
  if (problem.status === 401 && !res.headersSent) res.setHeader("WWW-Authenticate", 'Bearer realm="tradepost"');
  // What is left of a refused body would be read as the next request.
  if (!req.complete && !res.headersSent) res.setHeader("Connection", "close");
  send(
    res,
    problem.status,
    { "Content-Type": "application/problem+json; charset=utf-8" },
    Buffer.from(JSON.stringify(problem)),
  );
  return problem;
}

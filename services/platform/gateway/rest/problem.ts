import type { IncomingMessage, ServerResponse } from "node:http";
import { limits } from "#config/limits.ts";
import { commonErrors, DomainError, type ErrorCode, errorSpec, isDomainError } from "#lib/contract/errors.ts";
import { isOutage } from "#lib/contract/outage.ts";
import { DEFAULT_HEADERS, send, setRequestId } from "./respond.ts";

/** An RFC 9457 problem: what a client sees of an error. It never contains a stack or SQL. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  requestId: string;
  [fact: string]: unknown;
}

/** Translates any error to a problem. An error without a known code is an outage or a defect of ours. */
export function problemOf(error: unknown, requestId: string): ProblemBody {
  const known = isDomainError(error);
  const code: ErrorCode = known ? error.type : isOutage(error) ? "SERVICE_UNAVAILABLE" : "INTERNAL";
  const { status, title } = errorSpec(code) ?? commonErrors.INTERNAL;
  const { retryAfterSeconds: _, ...facts } = (known ? error.data : undefined) ?? {};
  return {
    ...facts,
    type: problemType(code),
    title,
    status,
    detail: (known ? sentenceOf(error) : undefined) ?? title,
    code,
    requestId,
  };
}

/** The `type` of a problem: the path of a page that explains its code. */
export function problemType(code: string): string {
  return `/problems/${code.toLowerCase().replaceAll("_", "-")}`;
}

/** An error of this process may have no sentence of its own; one that came from an action always has. */
function sentenceOf(error: Error): string | undefined {
  return error instanceof DomainError ? error.detail : error.message;
}

const BUSY = Object.entries({
  ...DEFAULT_HEADERS,
  "Content-Type": "application/problem+json; charset=utf-8",
  "Retry-After": String(limits.RETRY_AFTER_SECONDS),
}).flat();
const BUSY_BODY = JSON.stringify(problemOf(new DomainError("SERVICE_UNAVAILABLE", "The shop is busy."), "")).slice(
  0,
  -2,
);

/** Refuses a request before any work was done for it. It must be very cheap, otherwise refusals themselves become load. */
export function sendBusy(res: ServerResponse, requestId: string): void {
  const body = `${BUSY_BODY}${requestId}"}`;
  res.writeHead(503, [...BUSY, "X-Request-Id", requestId, "Content-Length", String(body.length)]).end(body);
}

/** Sends an error as a problem, with `Retry-After` where a retry makes sense. */
export function sendProblem(req: IncomingMessage, res: ServerResponse, error: unknown, requestId: string): ProblemBody {
  const problem = problemOf(error, requestId);
  setRequestId(res, requestId);
  if (problem.status === 503 || problem.status === 429) {
    const seconds = (isDomainError(error) ? error.data?.retryAfterSeconds : undefined) ?? limits.RETRY_AFTER_SECONDS;
    if (!res.headersSent) res.setHeader("Retry-After", Math.max(1, Math.ceil(seconds)));
  }
  if (problem.status === 401 && !res.headersSent) res.setHeader("WWW-Authenticate", 'Bearer realm="tradepost"');
  // Otherwise the unread rest of the body would be read as the next request of this connection.
  if (!req.complete && !res.headersSent) res.setHeader("Connection", "close");
  send(
    res,
    problem.status,
    { "Content-Type": "application/problem+json; charset=utf-8" },
    Buffer.from(JSON.stringify(problem)),
  );
  return problem;
}

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "moleculer";
import { DomainError, isDomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { ActionContract } from "#lib/contract/types.ts";
import type { CallMeta } from "#mixins/service/context.ts";
import { spanOf } from "#mixins/service/service-context.ts";
import type { EdgeCache } from "./edge-cache.ts";
import type { TokenVerifier } from "./identity.ts";
import type { RequestLimiter } from "./rate-limit.ts";
import { clientAddress, givenRequestId, idempotencyKey, preferredWait, readParams, traceparent } from "./request.ts";
import { acceptsGzip, send, sendJson, sendProblem } from "./response.ts";

/** What moleculer-web hands to an alias. */
export interface GatewayRequest extends IncomingMessage {
  $ctx: Context<unknown, CallMeta>;
  $params: { params?: Record<string, unknown> };
  originalUrl: string;
}

/** What every request needs of the gateway. */
export interface Edge {
  verifier: TokenVerifier;
  limiter: RequestLimiter;
  cache: EdgeCache;
  trustProxy: boolean;
  /**
   * From here on a request waits for something that takes its time: that is no sign of overload, and no load.
   * @returns a promise for the moment when this gateway is about to stop, and there is no time to wait any more
   */
  waits(res: ServerResponse): Promise<void>;
  log: {
    info(message: string, facts: object): void;
    warn(message: string, facts: object): void;
    error(message: string, facts: object): void;
  };
}

type Answer = Record<string, unknown>;
type Expansion = { action: string; param: string };

/** The REST form of one action: parameters in, one call, answer or problem out. */
export function restRoute(edge: () => Edge, name: string, spec: ActionContract) {
  return async (req: GatewayRequest, res: ServerResponse): Promise<void> => {
    const began = performance.now();
    const requestId = givenRequestId(req) ?? newId("request");
    res.setHeader("X-Request-Id", requestId);
    const { log } = edge();
    try {
      await serve(edge(), name, spec, req, res, requestId);
    } catch (error) {
      const problem = sendProblem(req, res, error, requestId);
      if (problem.code === "INTERNAL") log.error("A request failed.", { requestId, action: name, err: error });
      else if (problem.status === 503)
        log.warn("A request was turned away.", { requestId, action: name, reason: String(error) });
    }
    if (req.method !== "GET") {
      const ms = Math.round(performance.now() - began);
      log.info(`${req.method} ${req.originalUrl.split("?")[0]} ${res.statusCode}`, { requestId, ms });
    }
  };
}

async function serve(
  edge: Edge,
  name: string,
  spec: ActionContract,
  req: GatewayRequest,
  res: ServerResponse,
  requestId: string,
): Promise<void> {
  const address = clientAddress(req, edge.trustProxy);
  const auth = await edge.verifier.identify(req.headers.authorization);
  await edge.limiter.count(auth, address, res);
  const query = new URLSearchParams(req.originalUrl.split("?", 2)[1] ?? "");
  const expand = takeExpand(spec, query);
  const params = await readParams(req, spec, req.$params.params ?? {}, query);
  const key = idempotencyKey(req);
  const trace = spanOf(req.$ctx) ?? traceparent(req);
  const cartToken = req.headers["x-cart-token"];
  const meta: CallMeta = {
    auth,
    address,
    correlationId: requestId,
    causationId: requestId,
    ...(key ? { idempotencyKey: key } : {}),
    ...(trace ? { traceparent: trace } : {}),
    ...(typeof cartToken === "string" ? { cartToken } : {}),
  };
  const call = (action: string, input: object) => req.$ctx.call<Answer, object>(action, input, { meta });
  if (spec.cached) {
    return sendCached(req, res, await edge.cache.load(req.originalUrl, () => call(name, params)));
  }
  let answer = await call(name, params);
  if (req.$ctx.meta.replayed) res.setHeader("Idempotent-Replayed", "true");
  const waitSeconds = preferredWait(req);
  if (spec.waits && waitSeconds > 0) {
    const unsettled = edge.waits(res).then(() => answer);
    answer = await Promise.race([settled(spec.waits, answer, waitSeconds, call, res), unsettled]);
  }
  if (expand.length > 0) answer = { ...answer, ...(await expanded(spec, expand, answer, call)) };
  await sendJson(req, res, spec.status ?? 200, answer);
}

/** An answer from the edge cache, or 304 when the client has it already. */
export function sendCached(
  req: IncomingMessage,
  res: ServerResponse,
  { body, zipped, etag }: { body: Buffer; zipped: Buffer; etag: string },
): void {
  const headers = { ETag: etag, "Cache-Control": "public, max-age=0, must-revalidate" };
  const held = req.headers["if-none-match"];
  if (held?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag || tag.trim() === "*")) {
    res.writeHead(304, headers).end();
    return;
  }
  send(
    res,
    200,
    { ...headers, "Content-Type": "application/json; charset=utf-8" },
    body,
    acceptsGzip(req) ? zipped : undefined,
  );
}

/** The names in `?expand=`, taken out of the query. */
function takeExpand(spec: ActionContract, query: URLSearchParams): string[] {
  if (!spec.expand) return [];
  const names = query
    .getAll("expand")
    .flatMap((value) => value.split(","))
    .filter(Boolean);
  query.delete("expand");
  const unknown = names.filter((name) => !Object.hasOwn(spec.expand ?? {}, name));
  if (unknown.length > 0) {
    const message = `must be one of ${Object.keys(spec.expand).join(", ")}`;
    throw new DomainError("VALIDATION_FAILED", "The request is not valid.", { errors: [{ path: "/expand", message }] });
  }
  return [...new Set(names)];
}

/** Other services' objects, asked for at once. One that is down or not visible to this caller is null; the rest answers. */
async function expanded(
  spec: ActionContract,
  names: string[],
  answer: Answer,
  call: (action: string, input: object) => Promise<Answer>,
): Promise<Answer> {
  const expansions = spec.expand ?? {};
  const found = await Promise.all(
    names.map(async (name) => {
      const { action, param } = expansions[name] as Expansion;
      try {
        const object = await call(action, { [param]: answer[param] });
        return [name, name in object ? object[name] : object];
      } catch (error) {
        if (isOutage(error) || isDomainError(error)) return [name, null];
        throw error;
      }
    }),
  );
  return Object.fromEntries(found);
}

/** The answer once things have settled. What was done stays done: if waiting fails, the answer is the unsettled one. */
async function settled(
  waits: { action: string; param: string },
  answer: Answer,
  waitSeconds: number,
  call: (action: string, input: object) => Promise<Answer>,
  res: ServerResponse,
): Promise<Answer> {
  try {
    const later = await call(waits.action, { [waits.param]: answer[waits.param], waitSeconds });
    res.setHeader("Preference-Applied", `wait=${waitSeconds}`);
    return { ...answer, ...later };
  } catch (error) {
    if (isOutage(error)) return answer;
    throw error;
  }
}

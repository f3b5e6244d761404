import type { ServerResponse } from "node:http";
import { isOutage } from "#lib/contract/outage.ts";
import type { ActionContract } from "#lib/contract/types.ts";
import type { CallMeta } from "#mixins/service/context.ts";
import { spanOf } from "#mixins/service/service-context.ts";
import type { Edge, GatewayRequest } from "./edge.ts";
import { sendCached } from "./edge-cache.ts";
import { readExpansions, takeExpansions } from "./expand.ts";
import { sendProblem } from "./problem.ts";
import { readParams } from "./read-params.ts";
import {
  clientAddress,
  declaredHeaders,
  idempotencyKey,
  preferredWait,
  requestIdOf,
  traceparent,
} from "./request-headers.ts";
import { sendJson } from "./respond.ts";

type Result = Record<string, unknown>;
type Call = (action: string, params: object) => Promise<Result>;

/** The REST form of one action: reads the parameters, calls the action once, and sends its result or a problem. */
export function actionRoute(edge: () => Edge, name: string, spec: ActionContract) {
  return async (req: GatewayRequest, res: ServerResponse): Promise<void> => {
    const startedAt = performance.now();
    const requestId = requestIdOf(req);
    const { log } = edge();
    try {
      await serve(edge(), name, spec, req, res, requestId);
    } catch (error) {
      const problem = sendProblem(req, res, error, requestId);
      if (problem.code === "INTERNAL") log.error("A request failed.", { requestId, action: name, err: error });
      else if (problem.status === 503)
        log.warn("A request was answered with 503.", { requestId, action: name, reason: String(error) });
    }
    if (req.method !== "GET") {
      const ms = Math.round(performance.now() - startedAt);
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
  const meta = await callMeta(edge, spec, req, res, requestId);
  const query = new URLSearchParams(req.originalUrl.split("?", 2)[1] ?? "");
  const expansions = takeExpansions(spec, query);
  const params = await readParams(req, spec, req.$params.params ?? {}, query);
  const call: Call = (action, input) => req.$ctx.call<Result, object>(action, input, { meta });
  if (spec.cached) {
    return sendCached(req, res, await edge.cache.load(req.originalUrl, () => call(name, params)));
  }
  let result = await call(name, params);
  if (req.$ctx.meta.replayed) res.setHeader("Idempotent-Replayed", "true");
  const waitSeconds = preferredWait(req);
  if (spec.waits && waitSeconds > 0) {
    const stopping = edge.beginWaiting(res).then(() => result);
    result = await Promise.race([settledResult(spec.waits, result, waitSeconds, call, res), stopping]);
  }
  if (expansions.length > 0) result = { ...result, ...(await readExpansions(spec, expansions, result, call)) };
  await sendJson(req, res, spec.status ?? 200, result);
}

/** @throws DomainError UNAUTHENTICATED, RATE_LIMITED or VALIDATION_FAILED */
async function callMeta(
  edge: Edge,
  spec: ActionContract,
  req: GatewayRequest,
  res: ServerResponse,
  requestId: string,
): Promise<CallMeta> {
  const address = clientAddress(req, edge.trustProxy);
  const auth = await edge.verifier.identify(req.headers.authorization);
  await edge.rateLimiter.count(auth, address, res);
  const key = idempotencyKey(req);
  const trace = spanOf(req.$ctx) ?? traceparent(req);
  return {
    ...declaredHeaders(req, spec), // first, so that no contract can replace what follows
    auth,
    address,
    correlationId: requestId,
    causationId: requestId,
    ...(key ? { idempotencyKey: key } : {}),
    ...(trace ? { traceparent: trace } : {}),
  };
}

/**
 * The result after what the action started has settled. If waiting fails because a service is away, the client gets the
 * first result, because the action itself has succeeded.
 */
async function settledResult(
  waits: { action: string; param: string },
  result: Result,
  waitSeconds: number,
  call: Call,
  res: ServerResponse,
): Promise<Result> {
  try {
    const settled = await call(waits.action, { [waits.param]: result[waits.param], waitSeconds });
    res.setHeader("Preference-Applied", `wait=${waitSeconds}`);
    return { ...result, ...settled };
  } catch (error) {
    if (isOutage(error)) return result;
    throw error;
  }
}

import type { ServerResponse } from "node:http";
import { refusal } from "#lib/contract/access.ts";
import type { Bytes } from "#lib/contract/bytes.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { JSON_TYPE } from "#lib/contract/formats.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { ActionContract } from "#lib/contract/types.ts";
import type { CallMeta } from "#mixins/service/context.ts";
import { spanOf } from "#mixins/service/service-context.ts";
import { callerOf } from "./caller.ts";
import type { Edge, GatewayRequest } from "./edge.ts";
import { type Expansions, readExpansions, takeExpansions } from "./expand.ts";
import { foldBody } from "./fold-body.ts";
import { formatted, requestedFormat } from "./formats.ts";
import { sendProblem } from "./problem.ts";
import { readParams } from "./read-params.ts";
import { declaredHeaders, idempotencyKey, preferredWait, requestIdOf, traceparent } from "./request-headers.ts";
import { sendJson } from "./respond.ts";
import { sendBytes } from "./send-bytes.ts";
import { type StoredResponse, sendStored } from "./stored-response.ts";

type Result = Record<string, unknown>;
type Call = (action: string, params: object) => Promise<Result>;

/** An action that has a REST route. */
export interface RoutedAction {
  name: string;
  spec: ActionContract;
  expansions: Expansions;
}

/** The REST form of one action: reads the parameters, calls the action once, and sends its result or a problem. */
export function actionRoute(edge: () => Edge, routed: RoutedAction) {
  const { name } = routed;
  return async (req: GatewayRequest, res: ServerResponse): Promise<void> => {
    const requestId = requestIdOf(req);
    const { log, accessLog } = edge();
    accessLog.beginAction(req, res, requestId);
    try {
      await serve(edge(), routed, req, res, requestId);
    } catch (error) {
      const problem = sendProblem(req, res, error, requestId);
      if (problem.code === "INTERNAL") log.error("A request failed.", { requestId, action: name, err: error });
      else if (problem.status === 503)
        log.warn("A request was answered with 503.", { requestId, action: name, reason: String(error) });
    }
  };
}

async function serve(
  edge: Edge,
  { name, spec, expansions }: RoutedAction,
  req: GatewayRequest,
  res: ServerResponse,
  requestId: string,
): Promise<void> {
  const meta = callMeta(spec, req, requestId);
  const query = new URLSearchParams(req.originalUrl.split("?", 2)[1] ?? "");
  const format = requestedFormat(req, spec);
  const expanded = takeExpansions(spec, query);
  const asked = await readParams(req, spec, req.$params.params ?? {}, query);
  const locale = spec.localised ? (asked.locale ?? edge.languages.localeOf(req)) : undefined;
  const params = locale === undefined ? asked : { ...asked, locale };
  if (spec.expensiveWith?.some((name) => params[name] !== undefined)) void edge.beginWaiting(res);
  const call: Call = (action, input) => req.$ctx.call<Result, object>(action, input, { meta });
  if (spec.cached && !spec.privateWith?.some((name) => params[name] !== undefined)) {
    const skus = spec.cached === true ? undefined : spec.cached.skus;
    const vary = spec.localised ? ["Accept-Language"] : [];
    const key = edge.languages.keyOf(req, req.originalUrl);
    return sendStored(req, res, await edge.cache.load(key, () => call(name, params), { skus, vary }));
  }
  if (spec.bytes) {
    const read = async (next: object) => (await call(name, { ...params, ...next })) as unknown as Bytes;
    // Only what everybody may read is sent without asking its service again.
    const isForAll = spec.access.kind === "anyone" && spec.access.badToken === "ignored";
    const keep = (response: StoredResponse) => isForAll && edge.cache.keepImmutable(req.originalUrl, response);
    return sendBytes(req, res, await read({}), (next) => read({ next }), keep);
  }
  // A body in parts takes one of few places before its action is called, so access is checked before.
  const refused = spec.parts && refusal(spec.access, meta.auth, params, meta);
  if (refused) throw new DomainError(refused);
  let result = spec.parts
    ? await foldBody(edge, req, res, { ...spec, parts: spec.parts }, (part) => call(name, { ...params, ...part }))
    : await call(name, params);
  if (req.$ctx.meta.replayed) res.setHeader("Idempotent-Replayed", "true");
  const waitSeconds = preferredWait(req);
  if (spec.waits && waitSeconds > 0) {
    const stopping = edge.beginWaiting(res).then(() => result);
    result = await Promise.race([settledResult(spec.waits, result, waitSeconds, call, res), stopping]);
  }
  if (expanded.length > 0) result = { ...result, ...(await readExpansions(expansions, expanded, result, meta, call)) };
  if (format === undefined) return sendJson(req, res, spec.status ?? 200, result);
  if (format !== JSON_TYPE) void edge.beginWaiting(res); // the service that makes it lets requests wait, and bounds how many
  sendStored(req, res, await formatted(spec, format, result, call));
}

/** @throws DomainError UNAUTHENTICATED or VALIDATION_FAILED */
function callMeta(spec: ActionContract, req: GatewayRequest, requestId: string): CallMeta {
  const { auth, address } = callerOf(req, spec);
  const key = idempotencyKey(req);
  const trace = spanOf(req.$ctx) ?? traceparent(req);
  return {
    ...(spec.raw ? {} : declaredHeaders(req, spec)), // first, so that no contract can replace what follows
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

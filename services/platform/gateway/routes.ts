import type { IncomingMessage, ServerResponse } from "node:http";
import type { Contract } from "#lib/contract/types.ts";
import { asyncApi } from "./documents/asyncapi.ts";
import { openApi } from "./documents/openapi.ts";
import { problemPage, referenceFile, referencePage } from "./documents/pages.ts";
import type { GatewayService } from "./gateway.ts";
import { readinessRoute } from "./health.ts";
import type { IssuedKeys } from "./identity/token-verifier.ts";
import { actionRoute } from "./rest/action-route.ts";
import type { GatewayRequest } from "./rest/edge.ts";
import { cacheable, sendCached } from "./rest/edge-cache.ts";
import { requestIdOf } from "./rest/request-headers.ts";
import { sendJson, setRequestId } from "./rest/respond.ts";
import { declaredStreams } from "./streams/declared-streams.ts";

const VERSION = "1.0.0";

type Alias = (this: GatewayService, req: GatewayRequest, res: ServerResponse) => unknown;

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
const RESPONSE_HEADERS = [
  "ETag",
  "Idempotent-Replayed",
  "Preference-Applied",
  "RateLimit-Limit",
  "RateLimit-Remaining",
  "RateLimit-Reset",
  "Retry-After",
  "X-Request-Id",
];

/** What all routes have in common. Browsers may also send the headers that contracts declare. */
function common(contracts: readonly Contract[]) {
  const declared = contracts
    .flatMap(({ actions }) => Object.values(actions))
    .flatMap(({ headers = {} }) => Object.values(headers).map(({ name }) => name));
  return {
    mappingPolicy: "restrict",
    mergeParams: false,
    bodyParsers: false,
    use: [sendRequestId],
    cors: {
      origin: "*",
      methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
      allowedHeaders: [...new Set([...REQUEST_HEADERS, ...declared])],
      exposedHeaders: RESPONSE_HEADERS,
      maxAge: 3600,
    },
  };
}

/** `/api/v1`: one alias for each REST route and each stream of the contracts. */
export function apiRoute(contracts: readonly Contract[]) {
  const aliases: Record<string, Alias> = { "GET /.well-known/jwks.json": jwks };
  const add = (owner: string, rest: string, alias: Alias) => {
    const pattern = aliasPattern(rest);
    if (aliases[pattern]) throw new Error(`${owner} declares the route ${rest}, which exists already.`);
    aliases[pattern] = alias;
  };
  for (const contract of contracts) {
    for (const [name, spec] of Object.entries(contract.actions)) {
      const action = `${contract.name}.${name}`;
      if (spec.rest)
        add(action, spec.rest, function (req, res) {
          return actionRoute(() => this.gateway, action, spec)(req, res);
        });
    }
  }
  for (const declared of declaredStreams(contracts)) {
    add(declared.action, declared.stream.rest, function (req, res) {
      return this.gateway.streams.serve(declared, req, res);
    });
  }
  return { ...common(contracts), path: "/api/v1", aliases };
}

/** All routes besides the API: documents, health, public keys. */
export function pagesRoute(contracts: readonly Contract[]) {
  const openapi = cacheable(openApi(contracts, VERSION));
  const asyncapi = cacheable(asyncApi(contracts, VERSION));
  const aliases: Record<string, Alias> = {
    "GET /": (_req, res) => res.writeHead(302, { Location: "/docs" }).end(),
    "GET /docs": referencePage,
    "GET /docs/:file": referenceFile,
    "GET /problems/:code": problemPage,
    "GET /openapi.json": (req, res) => sendCached(req, res, openapi),
    "GET /asyncapi.json": (req, res) => sendCached(req, res, asyncapi),
    "GET /.well-known/jwks.json": jwks,
    "GET /health/live": (req, res) => sendJson(req, res, 200, { status: "live" }),
    "GET /health/ready": readinessRoute(contracts),
  };
  return { ...common(contracts), path: "/", aliases };
}

/** moleculer-web has set the header to the id of the trace, which is another one than the request's. */
function sendRequestId(req: IncomingMessage, res: ServerResponse, next: () => void): void {
  setRequestId(res, requestIdOf(req));
  next();
}

/** The route as a pattern for moleculer-web: a colon inside a segment, as in `/things:batch`, begins no parameter. */
function aliasPattern(rest: string): string {
  return rest.replace(/(?<!\/):/g, "\\:");
}

async function jwks(this: GatewayService, req: GatewayRequest, res: ServerResponse): Promise<void> {
  try {
    const { keys } = await req.$ctx.call<IssuedKeys, object>(
      "auth.jwks",
      {},
      { meta: { auth: { kind: "anonymous" } } },
    );
    res.setHeader("Cache-Control", "public, max-age=300");
    await sendJson(req, res, 200, { keys });
  } catch (error) {
    this.gateway.refuse(req, res, error);
  }
}

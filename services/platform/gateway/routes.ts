import type { IncomingMessage, ServerResponse } from "node:http";
import type { Contract } from "#lib/contract/types.ts";
import { asyncApi } from "./documents/asyncapi.ts";
import { openApi } from "./documents/openapi.ts";
import { referenceFile, referencePage } from "./documents/pages.ts";
import { problemPage } from "./documents/problem-pages.ts";
import type { GatewayService } from "./gateway.ts";
import { readinessRoute } from "./health.ts";
import type { IssuedKeys } from "./identity/token-verifier.ts";
import { actionRoute } from "./rest/action-route.ts";
import type { GatewayRequest } from "./rest/edge.ts";
import { expansionsOf } from "./rest/expand.ts";
import { requestIdOf } from "./rest/request-headers.ts";
import { sendJson, setRequestId } from "./rest/respond.ts";
import { sendStored, storedJson } from "./rest/stored-response.ts";
import { declaredStreams } from "./streams/declared-streams.ts";

const VERSION = "1.0.0";

type Alias = (this: GatewayService, req: GatewayRequest, res: ServerResponse) => unknown;

/** What all routes have in common. */
const common = { mappingPolicy: "restrict", mergeParams: false, bodyParsers: false, use: [sendRequestId] };

/** `/api/v1`: one alias for each REST route and each stream of the contracts. */
export function apiRoute(contracts: readonly Contract[]) {
  const aliases: Record<string, Alias> = { "GET /.well-known/jwks.json": refusing(jwks) };
  const add = (owner: string, rest: string, alias: Alias) => {
    const pattern = aliasPattern(rest);
    if (aliases[pattern]) throw new Error(`${owner} declares the route ${rest}, which exists already.`);
    aliases[pattern] = alias;
  };
  for (const contract of contracts) {
    for (const [name, spec] of Object.entries(contract.actions)) {
      if (!spec.rest) continue;
      const action = `${contract.name}.${name}`;
      const routed = { name: action, spec, expansions: expansionsOf(spec, contracts) };
      add(action, spec.rest, function (req, res) {
        return actionRoute(() => this.gateway, routed)(req, res);
      });
    }
  }
  for (const declared of declaredStreams(contracts)) {
    add(declared.action, declared.stream.rest, function (req, res) {
      return this.gateway.streams.serve(declared, req, res);
    });
  }
  return { ...common, path: "/api/v1", aliases };
}

/** All routes besides the API: documents, health, public keys. */
export function pagesRoute(contracts: readonly Contract[]) {
  const openapi = madeOnce(() => storedJson(openApi(contracts, VERSION)));
  const asyncapi = madeOnce(() => storedJson(asyncApi(contracts, VERSION)));
  const pages: Record<string, Alias> = {
    "GET /": (_req, res) => res.writeHead(302, { Location: "/docs" }).end(),
    "GET /docs": referencePage,
    "GET /docs/:file": referenceFile,
    "GET /problems/:code": problemPage,
    "GET /openapi.json": (req, res) => sendStored(req, res, openapi()),
    "GET /asyncapi.json": (req, res) => sendStored(req, res, asyncapi()),
    "GET /.well-known/jwks.json": jwks,
    "GET /health/live": (req, res) => sendJson(req, res, 200, { status: "live" }),
    "GET /health/ready": readinessRoute(contracts),
  };
  const aliases = Object.fromEntries(Object.entries(pages).map(([pattern, page]) => [pattern, refusing(page)]));
  return { ...common, path: "/", aliases };
}

/** Makes a value when it is first asked for: the documents take longer than a start should wait for them. */
function madeOnce<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The alias with its failures sent as problems. moleculer-web does not wait for an alias, so a failure would end the process. */
function refusing(alias: Alias): Alias {
  return async function (req, res) {
    try {
      await alias.call(this, req, res);
    } catch (error) {
      this.gateway.refuse(req, res, error);
    }
  };
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

async function jwks(req: GatewayRequest, res: ServerResponse): Promise<void> {
  const { keys } = await req.$ctx.call<IssuedKeys, object>("auth.jwks", {}, { meta: { auth: { kind: "anonymous" } } });
  res.setHeader("Cache-Control", "public, max-age=300");
  await sendJson(req, res, 200, { keys });
}

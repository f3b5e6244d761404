import type { ServerResponse } from "node:http";
import type { Contract } from "#lib/contract/types.ts";
import { asyncApi } from "./asyncapi.ts";
import type { GatewayService } from "./gateway.ts";
import { readyPage } from "./health.ts";
import type { IssuedKeys } from "./identity.ts";
import { openApi } from "./openapi.ts";
import { docsFile, docsPage, problemPage } from "./pages.ts";
import { sendJson } from "./response.ts";
import { type GatewayRequest, restRoute } from "./rest.ts";

const VERSION = "1.0.0";

type Alias = (this: GatewayService, req: GatewayRequest, res: ServerResponse) => unknown;

const common = {
  mappingPolicy: "restrict",
  mergeParams: false,
  bodyParsers: false,
  cors: {
    origin: "*",
    methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    allowedHeaders: [
      "Authorization",
      "Content-Type",
      "Idempotency-Key",
      "If-None-Match",
      "Last-Event-ID",
      "Prefer",
      "X-Api-Key",
      "X-Cart-Token",
      "X-Request-Id",
      "traceparent",
    ],
    exposedHeaders: [
      "ETag",
      "Idempotent-Replayed",
      "Preference-Applied",
      "RateLimit-Limit",
      "RateLimit-Remaining",
      "RateLimit-Reset",
      "Retry-After",
      "X-Request-Id",
    ],
    maxAge: 3600,
  },
};

/** `/api/v1`: one alias for each action that has a REST form. */
export function apiRoute(contracts: readonly Contract[]) {
  const aliases: Record<string, Alias> = {
    "GET /orders/:orderId/stream": function (req, res) {
      return this.gateway.streams.serve(req, res);
    },
    "GET /.well-known/jwks.json": jwks,
  };
  for (const contract of contracts) {
    for (const [name, spec] of Object.entries(contract.actions)) {
      if (!spec.rest) continue;
      if (aliases[pattern(spec.rest)]) throw new Error(`${contract.name}.${name} claims ${spec.rest}, which is taken.`);
      aliases[pattern(spec.rest)] = function (req, res) {
        return restRoute(() => this.gateway, `${contract.name}.${name}`, spec)(req, res);
      };
    }
  }
  return { ...common, path: "/api/v1", aliases };
}

/** Everything beside the API: documents, health, keys. */
export function pagesRoute(contracts: readonly Contract[]) {
  const openapi = openApi(contracts, VERSION);
  const asyncapi = asyncApi(contracts, VERSION);
  const aliases: Record<string, Alias> = {
    "GET /": (_req, res) => res.writeHead(302, { Location: "/docs" }).end(),
    "GET /docs": docsPage,
    "GET /docs/:file": docsFile,
    "GET /problems/:code": problemPage,
    "GET /openapi.json": (req, res) => sendJson(req, res, 200, openapi),
    "GET /asyncapi.json": (req, res) => sendJson(req, res, 200, asyncapi),
    "GET /.well-known/jwks.json": jwks,
    "GET /health/live": (req, res) => sendJson(req, res, 200, { status: "live" }),
    "GET /health/ready": readyPage(contracts),
  };
  return { ...common, path: "/", aliases };
}

/** A literal colon, as in `/prices:batch`, is not a parameter. */
function pattern(rest: string): string {
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

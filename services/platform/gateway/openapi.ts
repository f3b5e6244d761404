import { type TSchema, Type } from "typebox";
import { errorCodes } from "#lib/contract/errors.ts";
import type { ActionContract, Contract } from "#lib/contract/types.ts";

type Json = Record<string, unknown>;

const SERVER = "/api/v1";
/** Made when the contracts are loaded, which declare the codes. */
const problem = () =>
  Type.Object(
    {
      type: Type.String(),
      title: Type.String(),
      status: Type.Integer(),
      detail: Type.String(),
      code: Type.Union(errorCodes().map((code) => Type.Literal(code))),
      requestId: Type.String(),
      errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
    },
    { description: "RFC 9457 problem details" },
  );

/** The OpenAPI 3.1 document of everything the gateway serves, from the contracts alone. */
export function openApi(contracts: readonly Contract[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const contract of contracts) {
    for (const [name, spec] of Object.entries(contract.actions)) {
      if (!spec.rest) continue;
      const [method, path] = spec.rest.split(" ") as [string, string];
      const template = path.replace(/\/:(\w+)/g, "/{$1}");
      paths[template] = {
        ...paths[template],
        [method.toLowerCase()]: operation(contract.name, name, spec, method, path),
      };
    }
  }
  paths["/orders/{orderId}/stream"] = orderStream();
  return {
    openapi: "3.1.0",
    info: {
      title: "Tradepost",
      version,
      description: "The REST contract of the shop. Amounts are decimals in major units, times ISO 8601 UTC.",
    },
    servers: [{ url: SERVER }],
    tags: contracts.filter(hasRoutes).map(({ name, summary }) => ({ name, description: summary })),
    paths,
    components: {
      schemas: { Problem: plain(problem()) },
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      responses: {
        Problem: {
          description: "What went wrong",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
    },
  };
}

function hasRoutes(contract: Contract): boolean {
  return Object.values(contract.actions).some(({ rest }) => rest !== undefined);
}

function operation(service: string, name: string, spec: ActionContract, method: string, path: string): Json {
  const inPath = new Set([...path.matchAll(/\/:(\w+)/g)].map(([, param]) => param as string));
  const { properties = {}, required = [] } = plain(spec.params) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  const rest = Object.keys(properties).filter((param) => !inPath.has(param));
  const inQuery = method === "GET" || method === "DELETE" ? rest : [];
  const parameters: Json[] = [
    ...[...inPath].map((param) => ({
      name: param,
      in: "path",
      required: true,
      schema: properties[param] ?? { type: "string" },
    })),
    ...inQuery.map((param) => ({
      name: param,
      in: "query",
      required: required.includes(param),
      schema: properties[param],
      explode: false,
    })),
    ...(spec.expand
      ? [
          {
            name: "expand",
            in: "query",
            schema: { type: "array", items: { enum: Object.keys(spec.expand) } },
            explode: false,
          },
        ]
      : []),
    ...(spec.idempotent
      ? [header("Idempotency-Key", "Same key and same body: same effect, same answer. Kept 24 hours.", 255)]
      : []),
    ...(spec.waits ? [header("Prefer", "`wait=N`: answer when things have settled, after N seconds at most")] : []),
  ];
  const bodyProperties = inQuery.length > 0 || method === "GET" ? [] : rest;
  return {
    tags: [service],
    operationId: `${service}.${name}`,
    summary: spec.summary,
    ...(spec.access.kind === "owner" ? { description: `For the owner, or staff with \`${spec.access.scope}\`.` } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(bodyProperties.length > 0 ? { requestBody: jsonBody(properties, required, bodyProperties) } : {}),
    responses: {
      [spec.status ?? 200]: success(spec),
      ...(spec.cached ? { 304: { description: "You have it already" } } : {}),
      default: { $ref: "#/components/responses/Problem" },
    },
    security: security(spec),
  };
}

function header(name: string, description: string, maxLength?: number): Json {
  return { name, in: "header", description, schema: { type: "string", ...(maxLength ? { maxLength } : {}) } };
}

function jsonBody(properties: Record<string, Json>, required: string[], names: string[]): Json {
  const needed = required.filter((name) => names.includes(name));
  return {
    required: needed.length > 0,
    content: {
      "application/json": {
        schema: {
          type: "object",
          properties: Object.fromEntries(names.map((name) => [name, properties[name]])),
          ...(needed.length > 0 ? { required: needed } : {}),
          additionalProperties: false,
        },
      },
    },
  };
}

function success(spec: ActionContract): Json {
  if (spec.status === 204) return { description: "Done" };
  return { description: "Success", content: { "application/json": { schema: plain(spec.returns) } } };
}

function security(spec: ActionContract): Json[] {
  if (spec.access.kind === "anyone") return [];
  // An owner needs no scope; that staff does is said in the description.
  return [{ bearer: spec.access.kind === "staff" ? [spec.access.scope] : [] }];
}

function orderStream(): Json {
  return {
    get: {
      tags: ["orders"],
      operationId: "orders.stream",
      summary: "Follow an order as server-sent events",
      parameters: [
        { name: "orderId", in: "path", required: true, schema: { type: "string" } },
        header("Last-Event-ID", "Continue after this step"),
      ],
      responses: {
        200: {
          description: "Steps of the timeline, as they happen",
          content: { "text/event-stream": { schema: { type: "string" } } },
        },
        default: { $ref: "#/components/responses/Problem" },
      },
      security: [{ bearer: [] }],
    },
  };
}

/** A schema as plain JSON: TypeBox keeps its own notes in non-enumerable properties. */
export function plain(schema: TSchema): Json {
  return JSON.parse(JSON.stringify(schema)) as Json;
}

import { limits } from "#config/limits.ts";
import { pathParams } from "#lib/contract/rest-path.ts";
import type { ActionContract, StreamContract } from "#lib/contract/types.ts";
import type { DeclaredStream } from "../streams/declared-streams.ts";
import { documentSchema, type Json } from "./json-schema.ts";
import { clientErrors, problemResponses } from "./problems.ts";

interface Operation {
  /** Path template of OpenAPI, such as `/things/{thingId}`. */
  path: string;
  method: string;
  operation: Json;
}

/** The operation of an action; undefined when the action has no REST route. */
export function actionOperation(service: string, name: string, spec: ActionContract): Operation | undefined {
  if (!spec.rest) return undefined;
  const { method, path, params } = parseRest(spec.rest);
  const { properties, required } = paramsOf(spec);
  const others = Object.keys(properties).filter((param) => !params.includes(param));
  const hasBody = method !== "GET" && method !== "DELETE" && others.length > 0;
  const parameters = [
    ...params.map((param) => pathParameter(param, properties)),
    ...(hasBody ? [] : others.map((param) => queryParameter(param, properties, required))),
    ...optionParameters(spec),
  ];
  const operation = {
    tags: [service],
    operationId: `${service}.${name}`,
    ...texts(spec.summary, spec),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(hasBody ? { requestBody: jsonBody(properties, required, others) } : {}),
    responses: {
      [spec.status ?? 200]: success(spec),
      ...(spec.cached ? { 304: { description: "The client already has the current response" } } : {}),
      ...problemResponses(clientErrors(spec, hasBody)),
      default: { $ref: "#/components/responses/Problem" },
    },
    security: security(spec),
  };
  return { path, method, operation };
}

/** The operation of a stream of server-sent events. */
export function streamOperation({ action, spec, stream }: DeclaredStream): Operation {
  const { method, path, params } = parseRest(stream.rest);
  const { properties } = paramsOf(spec);
  const operation = {
    tags: [action.split(".")[0]],
    operationId: `${action}.stream`,
    ...texts(stream.summary, spec),
    parameters: [
      ...params.map((param) => pathParameter(param, properties)),
      headerParameter("Last-Event-ID", "The id of the last event that the client has; the stream continues after it"),
    ],
    responses: {
      200: streamSuccess(action, stream),
      ...problemResponses(clientErrors(spec, false).filter((code) => code !== "RATE_LIMITED")),
      default: { $ref: "#/components/responses/Problem" },
    },
    security: security(spec),
  };
  return { path, method, operation };
}

function parseRest(rest: string): { method: string; path: string; params: string[] } {
  const [method, path] = rest.split(" ") as [string, string];
  return { method, path: path.replace(/\/:(\w+)/g, "/{$1}"), params: pathParams(path) };
}

function paramsOf(spec: ActionContract): { properties: Record<string, Json>; required: string[] } {
  const { properties = {}, required = [] } = documentSchema(spec.params) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return { properties, required };
}

/** Summary and description: the contract's own text, then which staff may act for an owner. */
function texts(summary: string, { description, access }: ActionContract): Json {
  const owner = access.kind === "owner" ? `For the owner, or staff with \`${access.scope}\`.` : undefined;
  const paragraphs = [description, owner].filter((text) => text !== undefined);
  return { summary, ...(paragraphs.length > 0 ? { description: paragraphs.join("\n\n") } : {}) };
}

function pathParameter(name: string, properties: Record<string, Json>): Json {
  return { name, in: "path", required: true, schema: properties[name] ?? { type: "string" } };
}

function queryParameter(name: string, properties: Record<string, Json>, required: readonly string[]): Json {
  return { name, in: "query", required: required.includes(name), schema: properties[name], explode: false };
}

function headerParameter(name: string, description: string, maxLength?: number): Json {
  return { name, in: "header", description, schema: { type: "string", ...(maxLength ? { maxLength } : {}) } };
}

/** The parameters of an operation besides those that the action validates. */
function optionParameters(spec: ActionContract): Json[] {
  const parameters = Object.values(spec.headers ?? {}).map(({ name, description }) =>
    headerParameter(name, description),
  );
  if (spec.expand) {
    const schema = { type: "array", items: { enum: Object.keys(spec.expand) } };
    parameters.push({ name: "expand", in: "query", schema, explode: false });
  }
  if (spec.idempotent) {
    const text =
      "A request with the same key and the same body has no second effect and gets the same response, for 24 hours";
    parameters.push(headerParameter("Idempotency-Key", text, limits.IDEMPOTENCY_KEY_CHARS));
  }
  if (spec.waits) {
    const text = "`wait=N`: respond when the result has settled, after N seconds at the latest";
    parameters.push(headerParameter("Prefer", text));
  }
  return parameters;
}

function jsonBody(properties: Record<string, Json>, required: readonly string[], names: readonly string[]): Json {
  const requiredNames = required.filter((name) => names.includes(name));
  return {
    required: requiredNames.length > 0,
    content: {
      "application/json": {
        schema: {
          type: "object",
          properties: Object.fromEntries(names.map((name) => [name, properties[name]])),
          ...(requiredNames.length > 0 ? { required: requiredNames } : {}),
          additionalProperties: false,
        },
      },
    },
  };
}

function success(spec: ActionContract): Json {
  if (spec.status === 204) return { description: "Success" };
  return { description: "Success", content: { "application/json": { schema: documentSchema(spec.returns) } } };
}

function streamSuccess(action: string, { items, id, event }: StreamContract): Json {
  return {
    description:
      `One event for each of the \`${items}\` that \`${action}\` returns. Its id is the item's \`${id}\`, ` +
      `its name the item's \`${event}\`, and its data the item as JSON.`,
    content: { "text/event-stream": { schema: { type: "string" } } },
  };
}

function security(spec: ActionContract): Json[] {
  if (spec.access.kind === "anyone") return [];
  // An owner needs no scope. The scope of staff is in the description, because a requirement here holds for all callers.
  return [{ bearer: spec.access.kind === "staff" ? [spec.access.scope] : [] }];
}

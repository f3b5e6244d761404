import { pathParams } from "#lib/contract/rest-path.ts";
import type { ActionContract, PartsContract, StreamContract } from "#lib/contract/types.ts";
import { fitsType } from "../rest/accept.ts";
import type { DeclaredStream } from "../streams/declared-streams.ts";
import { exampleAnswer, exampleEvent, exampleRequest } from "./examples.ts";
import {
  RATE_LIMIT_HEADERS,
  requestHeaders,
  requestHeadersOfStream,
  responseHeaders,
  successHeaders,
} from "./headers.ts";
import type { Json, Schemas } from "./json-schema.ts";
import { type Origins, originNotes } from "./origins.ts";
import { clientErrors, problemResponses } from "./problems.ts";

interface Operation {
  /** Path template of OpenAPI, such as `/things/{thingId}`. */
  path: string;
  method: string;
  operation: Json;
}

/** What all operations of one document share. */
export interface Shared {
  schemas: Schemas;
  origins: Origins;
}

/** The operation of an action; undefined when the action has no REST route. */
export function actionOperation(
  service: string,
  name: string,
  spec: ActionContract,
  shared: Shared,
): Operation | undefined {
  if (!spec.rest) return undefined;
  const { method, path, params } = parseRest(spec.rest);
  const others = spec.raw ? [] : clientParams(spec).filter((param) => !params.includes(param));
  const hasBody = method !== "GET" && method !== "DELETE" && (spec.raw || spec.parts || others.length > 0);
  const operation = {
    tags: [service],
    operationId: `${service}.${name}`,
    ...texts(spec.summary, spec, shared.origins),
    parameters: [
      ...params.map((param) => parameter(param, "path", spec, shared.schemas)),
      ...(hasBody && !spec.parts ? [] : others.map((param) => parameter(param, "query", spec, shared.schemas))),
      ...expansions(spec),
      ...requestHeaders(spec),
    ],
    ...(hasBody ? { requestBody: requestBody(spec, params, shared.schemas) } : {}),
    responses: {
      [spec.status ?? 200]: success(spec, shared.schemas),
      ...(spec.cached || spec.formats || spec.bytes
        ? {
            304: {
              description: "The client already has the current response",
              headers: responseHeaders(["X-Request-Id", "ETag"]),
            },
          }
        : {}),
      ...problemResponses(clientErrors(spec, Boolean(hasBody))),
      default: { $ref: "#/components/responses/Problem" },
    },
    security: security(spec),
  };
  return { path, method, operation };
}

/** The operation of a stream of server-sent events. */
export function streamOperation({ action, spec, stream }: DeclaredStream, shared: Shared): Operation {
  const { method, path, params } = parseRest(stream.rest);
  const operation = {
    tags: [action.split(".")[0]],
    operationId: `${action}.stream`,
    ...texts(stream.summary, spec, shared.origins),
    parameters: [
      ...params.map((param) => parameter(param, "path", spec, shared.schemas)),
      ...requestHeadersOfStream(spec),
    ],
    responses: {
      200: streamSuccess(action, spec, stream),
      ...problemResponses(clientErrors(spec, false)),
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

interface ObjectSchema {
  properties?: Readonly<Record<string, Json>>;
  required?: readonly string[];
}

function propertiesOf({ params }: ActionContract): Readonly<Record<string, Json>> {
  return (params as ObjectSchema).properties ?? {};
}

/** Summary and description: the contract's own text, where its ids come from, and which staff may act for an owner. */
function texts(summary: string, spec: ActionContract, origins: Origins): Json {
  const notes = [spec.description, ...originNotes(spec, origins), ownerNote(spec)];
  const paragraphs = notes.filter((text) => text !== undefined);
  return { summary, ...(paragraphs.length > 0 ? { description: paragraphs.join("\n\n") } : {}) };
}

function ownerNote({ access, headers = {} }: ActionContract): string | undefined {
  if (access.kind !== "owner") return undefined;
  const holder = access.token === undefined ? "" : `, a guest with its \`${headers[access.token]?.name}\``;
  return `For the owner${holder}, or staff with \`${access.scope}\`.`;
}

/** A parameter of the path or the query. Its example is part of the example request. */
function parameter(name: string, place: "path" | "query", spec: ActionContract, schemas: Schemas): Json {
  const { description, ...schema } = schemas.of(propertiesOf(spec)[name] ?? { type: "string" });
  const { required = [] } = spec.params as ObjectSchema;
  if (schema.type === "object") return objectParameter(name, description, schema);
  const example = exampleRequest(spec)[name];
  return {
    name,
    in: place,
    required: place === "path" || required.includes(name),
    ...(description ? { description } : {}),
    schema,
    ...(place === "query" ? { explode: false } : {}),
    ...(example === undefined ? {} : { example }),
  };
}

/** An object in the query: a parameter for each of its properties, whose names are the caller's. */
function objectParameter(name: string, description: unknown, { additionalProperties, patternProperties }: Json): Json {
  const schema = additionalProperties ?? Object.values(patternProperties ?? {})[0];
  return { name: `${name}.{name}`, in: "query", description, schema, explode: false };
}

function expansions({ expand }: ActionContract): Json[] {
  if (!expand) return [];
  const schema = { type: "array", items: { type: "string", enum: Object.keys(expand) } };
  const description = "Objects that the answer should contain as well; null where one cannot be read";
  return [{ name: "expand", in: "query", description, schema, explode: false }];
}

/** Its signature is over the bytes, so what it means is documented by who sends it. */
const RAW_BODY: Json = {
  description: "As its sender documents it",
  required: true,
  content: { "application/json": { schema: { type: "object" }, example: {} } },
};

/** The parameters that a client sends: not those that the gateway gives to actions whose body or answer is bytes. */
function clientParams(spec: ActionContract): string[] {
  const given = [...(spec.parts ? ["part", "before"] : []), ...(spec.bytes ? ["next"] : [])];
  return Object.keys(propertiesOf(spec)).filter((name) => !given.includes(name));
}

function requestBody(spec: ActionContract, inPath: readonly string[], schemas: Schemas): Json {
  if (spec.parts) return bytesBody(spec.parts);
  return spec.raw ? RAW_BODY : jsonBody(spec, inPath, schemas);
}

function bytesBody({ types, example }: PartsContract): Json {
  const shown = "text" in example ? { example: example.text } : { "x-example-base64": example.base64 };
  const content = types.map((type) => [type, { schema: BYTES, ...(fitsType(type, example.type) ? shown : {}) }]);
  return { required: true, content: Object.fromEntries(content) };
}

/** The parameters that are not in the path, as a JSON body. */
function jsonBody(spec: ActionContract, inPath: readonly string[], schemas: Schemas): Json {
  const example = Object.fromEntries(Object.entries(exampleRequest(spec)).filter(([name]) => !inPath.includes(name)));
  const { required = [] } = spec.params as ObjectSchema;
  return {
    required: required.some((name) => !inPath.includes(name)),
    content: { "application/json": { schema: bodySchema(spec, inPath, schemas), example } },
  };
}

function bodySchema({ params }: ActionContract, inPath: readonly string[], schemas: Schemas): Json {
  if (inPath.length === 0) return schemas.of(params);
  const {
    properties = {},
    required = [],
    maxProperties,
    ...rules
  } = params as ObjectSchema & { maxProperties?: number };
  const needed = required.filter((name) => !inPath.includes(name));
  const body = {
    ...rules,
    properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !inPath.includes(name))),
    ...(needed.length > 0 ? { required: needed } : {}),
    ...(maxProperties === undefined ? {} : { maxProperties: maxProperties - inPath.length }),
  };
  return schemas.shared(schemas.of(body));
}

function success(spec: ActionContract, schemas: Schemas): Json {
  const headers = successHeaders(spec);
  if (spec.status === 204) return { description: "Success", headers };
  if (spec.bytes)
    return {
      description: "Success",
      headers,
      content: Object.fromEntries(spec.bytes.types.map((type) => [type, { schema: BYTES }])),
    };
  const example = exampleAnswer(spec);
  const content = { schema: schemas.of(spec.returns), ...(example === undefined ? {} : { example }) };
  const formats = Object.fromEntries(Object.keys(spec.formats ?? {}).map((type) => [type, { schema: BYTES }]));
  return { description: "Success", headers, content: { "application/json": content, ...formats } };
}

const BYTES: Json = { type: "string", format: "binary" };

function streamSuccess(action: string, spec: ActionContract, stream: StreamContract): Json {
  const { items, id, event } = stream;
  return {
    description:
      `One event for each of the \`${items}\` that \`${action}\` returns. Its id is the item's \`${id}\`, ` +
      `its name the item's \`${event}\`, and its data the item as JSON.`,
    headers: responseHeaders(["X-Request-Id", ...RATE_LIMIT_HEADERS]),
    content: { "text/event-stream": { schema: { type: "string" }, example: exampleEvent(spec, stream) } },
  };
}

/**
 * The tokens of which one is enough. The reference page sends those that its reader has given, and of several the last
 * one, so the customer's is last: the examples are those of the demonstration customer.
 */
function security({ access }: ActionContract): Json[] {
  const staff = (...scopes: string[]) => ({ staffToken: scopes });
  const customer = { customerToken: [] };
  switch (access.kind) {
    case "customer":
      return [customer];
    case "staff":
      return [staff(access.scope)];
    case "owner":
      return [staff(access.scope), customer, ...(access.token === undefined ? [] : [{}])];
    default:
      return [{}, staff(), customer]; // a token is not needed, but some of these actions know more about their caller with it
  }
}

import type { IncomingMessage } from "node:http";
import type { TSchema } from "typebox";
import { Convert } from "typebox/value";
import { DomainError, type FieldError, validationError } from "#lib/contract/errors.ts";
import type { ActionContract } from "#lib/contract/types.ts";
import { findCardData, mayHoldCardData } from "../domain/card-data.ts";
import { gatewayLimits } from "../domain/limits.ts";
import { declaredHeaders } from "./request-headers.ts";

type Params = Record<string, unknown>;

/** A request whose body has arrived. */
type RequestWithBody = IncomingMessage & { body?: Buffer };

/**
 * The parameters of an action from a request. Text of the path and the query is converted by the contract's schema; a
 * body is not converted. Nothing is merged with `Object.assign`, because that would hide a `__proto__` of the body from
 * validation.
 * @throws DomainError 400, 415 or 422
 */
export async function readParams(
  req: RequestWithBody,
  spec: ActionContract,
  path: Params,
  query: URLSearchParams,
): Promise<Params> {
  if (spec.raw) return { ...convert(spec.params, path), ...rawRequest(req, spec, query) };
  if (spec.parts || spec.bytes) refuseGivenByGateway(query);
  if (spec.parts || req.method === "GET" || req.method === "HEAD" || req.method === "DELETE") {
    return convert(spec.params, { ...fromQuery(spec.params, query), ...path });
  }
  const body = readBody(req);
  const differing = Object.keys(path).filter((name) => Object.hasOwn(body, name) && body[name] !== path[name]);
  if (differing.length > 0) {
    const errors = differing.map((name): FieldError => ({ path: `/${name}`, message: "differs from the path" }));
    throw new DomainError("VALIDATION_FAILED", "The body contradicts the path.", { errors });
  }
  return { ...body, ...convert(spec.params, path) };
}

/** Actions whose body or answer is bytes have parameters that the gateway gives them, and no client may. */
function refuseGivenByGateway(query: URLSearchParams): void {
  const names = new Set([...query.keys()].map((name) => name.split(".", 1)[0])); // `part.number` is for an object `part`
  const given = ["part", "before", "next"].find((name) => names.has(name));
  if (given !== undefined) throw validationError(undefined, [{ path: `/${given}`, message: "is not known" }]);
}

/** The request as it arrived, for actions that check a signature. The last of several query parameters of a name counts. */
function rawRequest(req: RequestWithBody, spec: ActionContract, query: URLSearchParams): Params {
  return {
    body: req.body?.toString("utf8") ?? "",
    query: Object.fromEntries(query),
    headers: declaredHeaders(req, spec),
  };
}

/** `attributes.colour=red` is for a parameter `attributes` that is an object: it gets all values of `colour`, as a list. */
function fromQuery(schema: TSchema, query: URLSearchParams): Params {
  const properties = propertiesOf(schema);
  const params: Params = {};
  const objects = new Map<string, [string, string[]][]>();
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    const [owner = "", ...key] = name.split(".");
    if (key.length > 0 && Object.hasOwn(properties, owner) && hasType(properties[owner], "object")) {
      objects.set(owner, [...(objects.get(owner) ?? []), [key.join("."), values]]);
      continue;
    }
    const list = hasType(properties[name], "array");
    params[name] = list ? values.flatMap((value) => value.split(",")) : values.length === 1 ? values[0] : values;
  }
  for (const [name, entries] of objects) params[name] = Object.fromEntries(entries);
  return params;
}

/** Converts text to numbers and booleans by the schema. Text that cannot be converted stays, and validation refuses it. */
function convert(schema: TSchema, params: Params): Params {
  const properties = propertiesOf(schema);
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (typeof value === "string") refuseNul(name, value);
      if (typeof value === "object" && value !== null) refuseUnsafe(value, 1);
      const property = properties[name];
      return [name, property && value !== "" ? Convert(property, value) : value];
    }),
  );
}

function propertiesOf(schema: TSchema): Record<string, TSchema> {
  return "properties" in schema ? (schema.properties as Record<string, TSchema>) : {};
}

function hasType(schema: TSchema | undefined, type: "object" | "array"): boolean {
  return schema !== undefined && "type" in schema && schema.type === type;
}

/** The JSON object a request carries; `{}` when it has no body. */
function readBody(req: RequestWithBody): Params {
  const bytes = req.body;
  if (!bytes || bytes.length === 0) return {};
  const type = req.headers["content-type"] ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new DomainError("UNSUPPORTED_MEDIA_TYPE", "Send application/json.");
  if (req.headers["content-encoding"] && req.headers["content-encoding"] !== "identity") {
    throw new DomainError("UNSUPPORTED_MEDIA_TYPE", "Compressed bodies are not supported.");
  }
  const text = bytes.toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DomainError("MALFORMED_JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DomainError("VALIDATION_FAILED", "The body must be an object.", {
      errors: [{ path: "", message: "must be an object" }],
    });
  }
  refuseUnsafe(value, 1);
  if (mayHoldCardData(text)) refuseCardData(value);
  return value as Params;
}

/** @throws DomainError CARD_DATA_REFUSED. It says where the card is, and repeats nothing of it */
function refuseCardData(value: object): void {
  const path = findCardData(value);
  if (path === undefined) return;
  const errors = [{ path, message: "must not be card data" }];
  throw new DomainError("CARD_DATA_REFUSED", undefined, { errors });
}

/** @throws DomainError for nesting deeper than any contract has, for `__proto__` keys, and for U+0000 in text */
function refuseUnsafe(value: object, depth: number): void {
  if (depth > gatewayLimits.BODY_DEPTH)
    throw new DomainError("BAD_REQUEST", `The body is nested deeper than ${gatewayLimits.BODY_DEPTH} levels.`);
  if (Object.hasOwn(value, "__proto__")) {
    throw validationError(undefined, [{ path: "/__proto__", message: "is not known" }]);
  }
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) refuseUnsafeValue(at, value[at], depth);
    return;
  }
  // Parsed JSON has no inherited names that are enumerable, and a list of entries would be garbage for each row of a batch.
  for (const name in value) refuseUnsafeValue(name, (value as Params)[name], depth);
}

function refuseUnsafeValue(name: string | number, value: unknown, depth: number): void {
  if (typeof value === "object" && value !== null) refuseUnsafe(value, depth + 1);
  else if (typeof value === "string") refuseNul(name, value);
}

/** @throws DomainError VALIDATION_FAILED, because Postgres cannot store U+0000 in text */
function refuseNul(name: string | number, text: string): void {
  if (!text.includes("\0")) return;
  throw validationError(undefined, [{ path: `/${name}`, message: "must not contain U+0000" }]);
}

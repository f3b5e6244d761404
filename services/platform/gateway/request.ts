import type { IncomingMessage } from "node:http";
import type { TSchema } from "typebox";
import { Convert } from "typebox/value";
import { limits } from "#config/limits.ts";
import { DomainError, type FieldError } from "#lib/contract/errors.ts";
import type { ActionContract } from "#lib/contract/types.ts";
import { gatewayLimits } from "./limits.ts";

type Params = Record<string, unknown>;

/**
 * The parameters of an action from a request: path and query as text converted by the contract, the body as it is.
 * Nothing is merged by assignment, so that a `__proto__` in a body stays what it is: a refused property.
 * @throws DomainError 400, 413, 415 or 422
 */
export async function readParams(
  req: IncomingMessage,
  spec: ActionContract,
  path: Params,
  query: URLSearchParams,
): Promise<Params> {
  if (req.method === "GET" || req.method === "HEAD" || req.method === "DELETE") {
    return convert(spec.params, { ...fromQuery(spec.params, query), ...path });
  }
  const body = await readBody(req, spec.bodyBytes ?? limits.BODY_BYTES);
  const contradicted = Object.keys(path).filter((name) => Object.hasOwn(body, name) && body[name] !== path[name]);
  if (contradicted.length > 0) {
    const errors = contradicted.map((name): FieldError => ({ path: `/${name}`, message: "differs from the path" }));
    throw new DomainError("VALIDATION_FAILED", "The body contradicts the path.", { errors });
  }
  return { ...body, ...convert(spec.params, path) };
}

function fromQuery(schema: TSchema, query: URLSearchParams): Params {
  const properties = propertiesOf(schema);
  const params: Params = {};
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    const list = isArray(properties[name]);
    params[name] = list ? values.flatMap((value) => value.split(",")) : values.length === 1 ? values[0] : values;
  }
  return params;
}

/** Text to numbers and booleans where the contract says so; what does not convert is left for validation to refuse. */
function convert(schema: TSchema, params: Params): Params {
  const properties = propertiesOf(schema);
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (typeof value === "string") refuseNul(name, value);
      const property = properties[name];
      return [name, property && value !== "" ? Convert(property, value) : value];
    }),
  );
}

function propertiesOf(schema: TSchema): Record<string, TSchema> {
  return "properties" in schema ? (schema.properties as Record<string, TSchema>) : {};
}

function isArray(schema: TSchema | undefined): boolean {
  return schema !== undefined && "type" in schema && schema.type === "array";
}

/** The JSON object a request carries; `{}` when it carries nothing. */
export async function readBody(req: IncomingMessage, maxBytes: number): Promise<Params> {
  const bytes = await readBytes(req, maxBytes);
  if (bytes.length === 0) return {};
  const type = req.headers["content-type"] ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new DomainError("UNSUPPORTED_MEDIA_TYPE", "Send application/json.");
  if (req.headers["content-encoding"] && req.headers["content-encoding"] !== "identity") {
    throw new DomainError("UNSUPPORTED_MEDIA_TYPE", "Bodies are not compressed here.");
  }
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new DomainError("MALFORMED_JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DomainError("VALIDATION_FAILED", "The body must be an object.", {
      errors: [{ path: "", message: "must be object" }],
    });
  }
  refuseHostile(value, 1);
  return value as Params;
}

/** @throws DomainError for nesting no contract has, and for keys that could reach a prototype */
function refuseHostile(value: object, depth: number): void {
  if (depth > gatewayLimits.BODY_DEPTH)
    throw new DomainError("BAD_REQUEST", `The body is nested deeper than ${gatewayLimits.BODY_DEPTH} levels.`);
  if (Object.hasOwn(value, "__proto__")) {
    throw new DomainError("VALIDATION_FAILED", "The request is not valid.", {
      errors: [{ path: "/__proto__", message: "is not known" }],
    });
  }
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === "object" && inner !== null) refuseHostile(inner, depth + 1);
    else if (typeof inner === "string") refuseNul(name, inner);
  }
}

/** Postgres text cannot hold U+0000, so no field of ours can. */
function refuseNul(name: string, text: string): void {
  if (!text.includes("\0")) return;
  throw new DomainError("VALIDATION_FAILED", "The request is not valid.", {
    errors: [{ path: `/${name}`, message: "must not contain U+0000" }],
  });
}

function readBytes(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = () => new DomainError("BODY_TOO_LARGE", `At most ${maxBytes} bytes.`);
  return new Promise((resolve, reject) => {
    if (Number(req.headers["content-length"] ?? 0) > maxBytes) {
      req.resume(); // so that the client reads the answer instead of a reset connection
      return reject(tooLarge());
    }
    const chunks: Buffer[] = [];
    let size = 0;
    req.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) reject(tooLarge());
      else chunks.push(chunk);
    });
    req.on("end", () => resolve(Buffer.concat(chunks)));
    req.on("error", () => reject(new DomainError("BAD_REQUEST", "The body ended early.")));
    req.on("aborted", () => reject(new DomainError("BAD_REQUEST", "The body ended early.")));
  });
}

const SANE_ID = /^[\w.:@/+=-]{1,128}$/;

/** The client's `X-Request-Id` when it is a sane string. */
export function givenRequestId(req: IncomingMessage): string | undefined {
  const given = req.headers["x-request-id"];
  return typeof given === "string" && SANE_ID.test(given) ? given : undefined;
}

/** Seconds of `Prefer: wait=N`, within bounds; 0 when the client does not wait. */
export function preferredWait(req: IncomingMessage): number {
  const seconds = /(?:^|[,;\s])wait=(\d{1,4})\b/.exec(String(req.headers.prefer ?? ""))?.[1];
  return Math.min(Number(seconds ?? 0), limits.PREFER_WAIT_SECONDS);
}

/**
 * The caller's key.
 * @throws DomainError VALIDATION_FAILED when it is longer than allowed
 */
export function idempotencyKey(req: IncomingMessage): string | undefined {
  const key = req.headers["idempotency-key"];
  if (key === undefined || key === "") return undefined;
  if (typeof key !== "string" || key.length > limits.IDEMPOTENCY_KEY_CHARS) {
    throw new DomainError(
      "VALIDATION_FAILED",
      `An Idempotency-Key has at most ${limits.IDEMPOTENCY_KEY_CHARS} characters.`,
    );
  }
  return key;
}

/** A valid W3C `traceparent`. */
export function traceparent(req: IncomingMessage): string | undefined {
  const given = req.headers.traceparent;
  return typeof given === "string" && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(given) ? given : undefined;
}

/** Who is on the other end: the socket, or behind a trusted proxy the client it names. */
export function clientAddress(req: IncomingMessage, trustProxy: boolean): string {
  const forwarded = req.headers["x-forwarded-for"];
  // The last entry is the one our own proxy wrote; earlier ones are the client's claims.
  const named = trustProxy && typeof forwarded === "string" ? forwarded.split(",").at(-1)?.trim() : undefined;
  return named || req.socket.remoteAddress || "unknown";
}

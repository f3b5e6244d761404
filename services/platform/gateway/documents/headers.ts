import { limits } from "#config/limits.ts";
import type { ActionContract } from "#lib/contract/types.ts";
import type { Json } from "./json-schema.ts";

const integer = { type: "integer", minimum: 0 };

/** The headers of responses, each described once. */
const RESPONSE_HEADERS = {
  "X-Request-Id": {
    description: "The id of the request: the client's, or one that was made. It is in logs, traces and events",
    schema: { type: "string", examples: ["req_01h455vb4pex5vsknk084sn02q"] },
  },
  "RateLimit-Limit": {
    description: "The number of requests that the caller may send in one window. Absent where rate limits are off",
    schema: integer,
  },
  "RateLimit-Remaining": { description: "How many of them are left", schema: integer },
  "RateLimit-Reset": { description: "Seconds until the window ends", schema: integer },
  "Retry-After": { description: "Seconds until a retry makes sense", schema: { type: "integer", minimum: 1 } },
  "WWW-Authenticate": {
    description: "The kind of token that is required",
    schema: { type: "string", examples: ['Bearer realm="tradepost"'] },
  },
  ETag: {
    description: "Identifies this response; send it back as `If-None-Match`",
    schema: { type: "string", examples: ['"nNvcVv0rrTz0cSTzeeIgWb0CfQM"'] },
  },
  "Idempotent-Replayed": {
    description: "`true` when this is the stored response of an earlier request with the same `Idempotency-Key`",
    schema: { type: "string", enum: ["true"] },
  },
  "Preference-Applied": {
    description: "The preference that was followed",
    schema: { type: "string", examples: ["wait=5"] },
  },
} as const;

export type ResponseHeader = keyof typeof RESPONSE_HEADERS;

export const RATE_LIMIT_HEADERS = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"] as const;

/** `components.headers` of the document. */
export const headerComponents: Json = RESPONSE_HEADERS;

/** These headers of a response, as references to `components.headers`. */
export function responseHeaders(names: readonly ResponseHeader[]): Json {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** The request headers that any operation may read, by their keys in `components.parameters`. */
const REQUEST_HEADERS = {
  requestId: header(
    "X-Request-Id",
    "An id of your own for the request, of at most 128 letters, digits and `_.:@/+=-`. Another one is replaced",
    { type: "string", examples: ["my-request-1"] },
  ),
  ifNoneMatch: header(
    "If-None-Match",
    "The `ETag` of a response that you have: if it is still current, the answer is 304",
    {
      type: "string",
    },
  ),
  idempotencyKey: header(
    "Idempotency-Key",
    `A request with the same key and the same body has no second effect and gets the same response, for ${limits.IDEMPOTENCY_HOURS} hours`,
    { type: "string", maxLength: limits.IDEMPOTENCY_KEY_CHARS, examples: ["7d3c2f6a-order-1"] },
  ),
  prefer: header(
    "Prefer",
    `\`wait=N\`: respond when the result has settled, after N seconds (at most ${limits.PREFER_WAIT_SECONDS}) at the latest`,
    { type: "string", examples: ["wait=5"] },
  ),
  lastEventId: header("Last-Event-ID", "The id of the last event that the client has; the stream continues after it", {
    type: "integer",
    minimum: 0,
  }),
} as const;

/** `components.parameters` of the document. */
export const parameterComponents: Json = REQUEST_HEADERS;

/** The headers that requests of an action may have, beside `Authorization`. */
export function requestHeaders(spec: ActionContract): Json[] {
  return [
    ...declared(spec),
    ...(spec.idempotent ? [ref("idempotencyKey")] : []),
    ...(spec.waits ? [ref("prefer")] : []),
    ...(spec.cached || spec.formats || spec.bytes ? [ref("ifNoneMatch")] : []),
    ref("requestId"),
  ];
}

export function requestHeadersOfStream(spec: ActionContract): Json[] {
  return [...declared(spec), ref("lastEventId"), ref("requestId")];
}

/** The headers of the response of a successful action. */
export function successHeaders(spec: ActionContract): Json {
  return responseHeaders([
    "X-Request-Id",
    ...RATE_LIMIT_HEADERS,
    ...(spec.cached || spec.formats ? (["ETag"] as const) : []),
    ...(spec.idempotent ? (["Idempotent-Replayed"] as const) : []),
    ...(spec.waits ? (["Preference-Applied"] as const) : []),
  ]);
}

function declared({ headers = {} }: ActionContract): Json[] {
  return Object.values(headers).map(({ name, description }) => header(name, description, { type: "string" }));
}

function ref(key: keyof typeof REQUEST_HEADERS): Json {
  return { $ref: `#/components/parameters/${key}` };
}

function header(name: string, description: string, schema: Json): Json {
  return { name, in: "header", description, schema };
}

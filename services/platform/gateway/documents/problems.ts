import { Type } from "typebox";
import { errorsOf } from "#lib/contract/action-errors.ts";
import { type ErrorCode, errorCodes, errorSpec } from "#lib/contract/errors.ts";
import { exampleId } from "#lib/contract/ids.ts";
import { Named } from "#lib/contract/named.ts";
import type { ActionContract } from "#lib/contract/types.ts";
import { problemType } from "../rest/problem.ts";
import { RATE_LIMIT_HEADERS, type ResponseHeader, responseHeaders } from "./headers.ts";
import type { Json } from "./json-schema.ts";

/** What responses of a status have besides the id of the request. */
const HEADERS_OF_STATUS: Readonly<Record<number, readonly ResponseHeader[]>> = {
  401: ["WWW-Authenticate"],
  429: [...RATE_LIMIT_HEADERS, "Retry-After"],
  503: ["Retry-After"],
};

/** The codes that the gateway answers with itself, before it calls an action. */
const GATEWAY_ERRORS: readonly ErrorCode[] = ["BAD_REQUEST", "RATE_LIMITED"];
const BODY_ERRORS: readonly ErrorCode[] = [
  "BODY_TOO_LARGE",
  "BODY_TOO_SLOW",
  "CARD_DATA_REFUSED",
  "MALFORMED_JSON",
  "UNSUPPORTED_MEDIA_TYPE",
  "VALIDATION_FAILED",
];

const FieldFault = Named(
  "FieldError",
  Type.Object({
    path: Type.String({ description: "JSON pointer to the field, in the body or among the parameters" }),
    message: Type.String({ description: "What it must be" }),
  }),
);

/** The schema of a problem. Its codes are those of the contracts that are loaded when it is called. */
export function problemSchema() {
  return Named(
    "Problem",
    Type.Object(
      {
        type: Type.String({ description: "Path of a page about the code" }),
        title: Type.String({ description: "What the code means" }),
        status: Type.Integer(),
        detail: Type.String({ description: "What it means in this case" }),
        code: Type.Enum(errorCodes()),
        requestId: Type.String({ description: "The `X-Request-Id` of the request" }),
        errors: Type.Optional(Type.Array(FieldFault)),
      },
      {
        additionalProperties: true,
        description: "RFC 9457 problem details. Some codes come with further facts, see their examples",
      },
    ),
  );
}

/** One example problem for each code, by code. */
export function problemExamples(codes: readonly string[]): Json {
  return Object.fromEntries(
    codes.map((code) => {
      const { status, title, example } = errorSpec(code) ?? { status: 500, title: code };
      const value = {
        type: problemType(code),
        title,
        status,
        detail: title,
        code,
        requestId: exampleId("request"),
        ...example,
      };
      return [code, { summary: title, value }];
    }),
  );
}

/** Every code that a client of this action can get. @param hasBody whether its requests have a body */
export function clientErrors(spec: ActionContract, hasBody: boolean): ErrorCode[] {
  const { access } = spec;
  const token: ErrorCode[] = access.kind === "anyone" && access.badToken === "ignored" ? [] : ["UNAUTHENTICATED"];
  return [...new Set([...errorsOf(spec), ...GATEWAY_ERRORS, ...token, ...(hasBody ? BODY_ERRORS : [])])].sort();
}

/** The responses of an operation that fails with these codes, by HTTP status. */
export function problemResponses(codes: readonly ErrorCode[]): Json {
  const byStatus = Map.groupBy(codes, (code) => errorSpec(code)?.status ?? 500);
  return Object.fromEntries([...byStatus].map(([status, ofStatus]) => [status, problemResponse(status, ofStatus)]));
}

function problemResponse(status: number, codes: readonly string[]): Json {
  return {
    description: codes.map((code) => `- \`${code}\`: ${errorSpec(code)?.title ?? code}`).join("\n"),
    headers: responseHeaders(["X-Request-Id", ...(HEADERS_OF_STATUS[status] ?? [])]),
    content: {
      "application/problem+json": {
        schema: { $ref: "#/components/schemas/Problem" },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

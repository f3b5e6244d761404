import { Type } from "typebox";
import { errorsOf } from "#lib/contract/action-errors.ts";
import { type ErrorCode, errorCodes, errorSpec } from "#lib/contract/errors.ts";
import { exampleId } from "#lib/contract/ids.ts";
import type { ActionContract } from "#lib/contract/types.ts";
import { problemType } from "../rest/problem.ts";
import type { Json } from "./json-schema.ts";

const RETRY_STATUSES = new Set([429, 503]); // their responses say when to try again

/** The codes that the gateway answers with itself, before it calls an action. */
const GATEWAY_ERRORS: readonly ErrorCode[] = ["BAD_REQUEST", "RATE_LIMITED", "UNAUTHENTICATED"];
const BODY_ERRORS: readonly ErrorCode[] = [
  "BODY_TOO_LARGE",
  "MALFORMED_JSON",
  "UNSUPPORTED_MEDIA_TYPE",
  "VALIDATION_FAILED",
];

/** The schema of a problem. Its codes are those of the contracts that are loaded when it is called. */
export function problemSchema() {
  return Type.Object(
    {
      type: Type.String(),
      title: Type.String(),
      status: Type.Integer(),
      detail: Type.String(),
      code: Type.Enum(errorCodes()),
      requestId: Type.String(),
      errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
    },
    { description: "RFC 9457 problem details" },
  );
}

/** One example problem for each code, by code. */
export function problemExamples(codes: readonly string[]): Json {
  return Object.fromEntries(
    codes.map((code) => {
      const { status, title } = errorSpec(code) ?? { status: 500, title: code };
      const value = {
        type: problemType(code),
        title,
        status,
        detail: title,
        code,
        requestId: exampleId("request"),
        ...(code === "VALIDATION_FAILED" ? { errors: [{ path: "/name", message: "is required" }] } : {}),
      };
      return [code, { summary: title, value }];
    }),
  );
}

/** Every code that a client of this action can get. @param hasBody whether its requests have a body */
export function clientErrors(spec: ActionContract, hasBody: boolean): ErrorCode[] {
  return [...new Set([...errorsOf(spec), ...GATEWAY_ERRORS, ...(hasBody ? BODY_ERRORS : [])])].sort();
}

/** The responses of an operation that fails with these codes, by HTTP status. */
export function problemResponses(codes: readonly ErrorCode[]): Json {
  const byStatus = Map.groupBy(codes, (code) => errorSpec(code)?.status ?? 500);
  return Object.fromEntries([...byStatus].map(([status, ofStatus]) => [status, problemResponse(status, ofStatus)]));
}

function problemResponse(status: number, codes: readonly string[]): Json {
  const retryAfter = { description: "Seconds until a retry makes sense", schema: { type: "integer", minimum: 1 } };
  return {
    description: codes.map((code) => `- \`${code}\`: ${errorSpec(code)?.title ?? code}`).join("\n"),
    ...(RETRY_STATUSES.has(status) ? { headers: { "Retry-After": retryAfter } } : {}),
    content: {
      "application/problem+json": {
        schema: { $ref: "#/components/schemas/Problem" },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

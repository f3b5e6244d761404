import { describe, expect, test } from "@jest/globals";
import { Type } from "typebox";
import { anyone, ownerOr, staff } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact } from "#lib/contract/contract.ts";
import { loadContracts } from "#lib/contract/contract-registry.ts";
import { errorCodes, errorSpec } from "#lib/contract/errors.ts";
import { Id } from "#lib/contract/ids.ts";
import type { Contract } from "#lib/contract/types.ts";
import { fits } from "#lib/contract/validation.ts";
import { asyncApi } from "#services/platform/gateway/documents/asyncapi.ts";
import { openApi } from "#services/platform/gateway/documents/openapi.ts";
import { problemSchema } from "#services/platform/gateway/documents/problems.ts";

interface Response {
  description: string;
  headers?: Record<string, object>;
  content?: Record<string, { schema: object; examples?: Record<string, { $ref: string }> }>;
}
interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  parameters?: { name: string; in: string; schema: { examples?: string[] } }[];
  requestBody?: object;
  responses: Record<string, Response>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { examples: Record<string, { summary: string; value: { status: number } }> };
}

const parcels = contract("parcels", {
  summary: "Parcels of a test",
  actions: {
    send: action({
      summary: "Sends a parcel",
      description: "It leaves on the next working day.",
      rest: "POST /parcels/:requestId",
      params: Exact({ requestId: Id("request"), weight: Type.Number() }),
      returns: Exact({ requestId: Id("request") }),
      access: ownerOr("parcels:write"),
      errors: ["LIMIT_REACHED", "ALREADY_EXISTS"],
      headers: { parcelKey: { name: "X-Parcel-Key", description: "The key of the parcel" } },
      idempotent: true,
    }),
    list: action({
      summary: "All parcels",
      rest: "GET /parcels",
      params: Empty,
      returns: Empty,
      access: staff("parcels:read"),
    }),
    track: action({
      summary: "Where a parcel was",
      rest: "GET /parcels/:requestId/places",
      params: Exact({ requestId: Id("request") }),
      returns: Exact({ places: Type.Array(Exact({ number: Type.Integer(), place: Type.String() })) }),
      access: anyone(),
      errors: ["CONFLICT"],
      stream: {
        summary: "Follows a parcel",
        rest: "GET /parcels/:requestId/stream",
        items: "places",
        id: "number",
        event: "place",
        signal: "parcels.moved",
        until: { property: "place", values: ["home"] },
      },
    }),
  },
  signals: { moved: Exact({ requestId: Id("request") }) },
});

const documentOf = (contracts: readonly Contract[]) => openApi(contracts, "1") as unknown as Document;
const { paths } = documentOf([parcels as unknown as Contract]);

function operation(method: string, path: string): Operation {
  const found = paths[path]?.[method];
  if (!found) throw new Error(`The document has no ${method} ${path}.`);
  return found;
}

function codesOf({ responses }: Operation): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(responses).flatMap(([status, { content }]) => {
      const examples = content?.["application/problem+json"]?.examples;
      return examples ? [[status, Object.keys(examples)]] : [];
    }),
  );
}

describe("an operation", () => {
  test("lists the codes of its contract, the implied ones, and those of the gateway, by status", () => {
    expect(codesOf(operation("post", "/parcels/{requestId}"))).toEqual({
      400: ["BAD_REQUEST", "MALFORMED_JSON"],
      401: ["UNAUTHENTICATED"],
      403: ["FORBIDDEN"],
      404: ["NOT_FOUND"],
      409: ["ALREADY_EXISTS", "IDEMPOTENCY_IN_PROGRESS", "LIMIT_REACHED"],
      413: ["BODY_TOO_LARGE"],
      415: ["UNSUPPORTED_MEDIA_TYPE"],
      422: ["IDEMPOTENCY_KEY_REUSED", "VALIDATION_FAILED"],
      429: ["RATE_LIMITED"],
      500: ["INTERNAL"],
      503: ["SERVICE_UNAVAILABLE"],
    });
  });

  test("without a body has no codes of bodies", () => {
    expect(codesOf(operation("get", "/parcels"))).toEqual({
      400: ["BAD_REQUEST"],
      401: ["UNAUTHENTICATED"],
      403: ["FORBIDDEN"],
      429: ["RATE_LIMITED"],
      500: ["INTERNAL"],
      503: ["SERVICE_UNAVAILABLE"],
    });
  });

  test("says when to try again where a retry makes sense", () => {
    const { responses } = operation("get", "/parcels");
    const withRetryAfter = Object.keys(responses).filter((status) => responses[status]?.headers?.["Retry-After"]);
    expect(withRetryAfter).toEqual(["429", "503"]);
  });

  test("has the description of its contract and the scope of staff", () => {
    expect(operation("post", "/parcels/{requestId}").description).toBe(
      "It leaves on the next working day.\n\nFor the owner, or staff with `parcels:write`.",
    );
    expect(operation("get", "/parcels").description).toBeUndefined();
  });

  test("has the headers that its contract declares", () => {
    expect(operation("post", "/parcels/{requestId}").parameters).toContainEqual({
      name: "X-Parcel-Key",
      in: "header",
      description: "The key of the parcel",
      schema: { type: "string" },
    });
  });

  test("has an example of each id", () => {
    expect(operation("post", "/parcels/{requestId}").parameters?.[0]).toMatchObject({
      name: "requestId",
      in: "path",
      schema: { type: "string", examples: ["req_01h455vb4pex5vsknk084sn02q"] },
    });
    expect(JSON.stringify(operation("post", "/parcels/{requestId}").responses[200])).toContain("req_01h455vb");
  });
});

describe("a stream", () => {
  const stream = operation("get", "/parcels/{requestId}/stream");

  test("appears from the contract of the read that it follows", () => {
    expect(stream).toMatchObject({ operationId: "parcels.track.stream", summary: "Follows a parcel" });
    expect(stream.parameters?.map((parameter) => parameter.name)).toEqual(["requestId", "Last-Event-ID"]);
    expect(Object.keys(stream.responses[200]?.content ?? {})).toEqual(["text/event-stream"]);
  });

  test("lists the codes of that read", () => {
    expect(codesOf(stream)).toMatchObject({ 404: ["NOT_FOUND"], 409: ["CONFLICT"] });
  });
});

describe("the documents of the whole shop", () => {
  const contracts = loadContracts();
  const shop = documentOf(contracts);
  const operations = Object.values(shop.paths).flatMap((path) => Object.values(path));

  test("describe every REST route and every stream, each under an id of its own", () => {
    const specs = contracts.flatMap(({ actions }) => Object.values(actions));
    const routes = specs.filter(({ rest }) => rest).length + specs.filter(({ stream }) => stream).length;
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(routes);
  });

  test("contain an example of every code, which is a valid problem with the status of the code", () => {
    expect(Object.keys(shop.components.examples)).toEqual(errorCodes());
    for (const [code, { value }] of Object.entries(shop.components.examples)) {
      expect(fits(problemSchema(), value)).toBe(true);
      expect(value.status).toBe(errorSpec(code)?.status);
    }
  });

  test("refer to no example that does not exist", () => {
    const codes = operations.flatMap((each) => Object.values(codesOf(each)).flat());
    expect(codes.length).toBeGreaterThan(0);
    for (const code of codes) expect(shop.components.examples).toHaveProperty(code);
  });

  test("contain examples of ids instead of their kinds", () => {
    for (const json of [JSON.stringify(shop), JSON.stringify(asyncApi(contracts, "1"))]) {
      expect(json).not.toContain("x-id");
      expect(json).toContain("ord_01h455vb4pex5vsknk084sn02q");
    }
  });
});

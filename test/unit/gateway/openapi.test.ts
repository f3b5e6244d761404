import { describe, expect, test } from "@jest/globals";
import { Type } from "typebox";
import { anyone, ownerOr, staff } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact } from "#lib/contract/contract.ts";
import { loadContracts } from "#lib/contract/contract-registry.ts";
import { errorCodes, errorSpec } from "#lib/contract/errors.ts";
import { Id } from "#lib/contract/ids.ts";
import type { Contract } from "#lib/contract/types.ts";
import { faults, fits } from "#lib/contract/validation.ts";
import { asyncApi } from "#services/platform/gateway/documents/asyncapi.ts";
import { openApi } from "#services/platform/gateway/documents/openapi.ts";
import { problemSchema } from "#services/platform/gateway/documents/problems.ts";

type Content = Record<
  string,
  { schema: Record<string, unknown>; example?: unknown; examples?: Record<string, { $ref: string }> }
>;
interface Response {
  description: string;
  headers?: Record<string, object>;
  content?: Content;
}
interface Parameter {
  $ref?: string;
  name: string;
  in: string;
  required?: boolean;
  schema: { examples?: string[] };
  example?: unknown;
}
interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  parameters: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, Response>;
  security: Record<string, string[]>[];
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: {
    examples: Record<string, { summary: string; value: { status: number } }>;
    schemas: Record<string, object>;
    parameters: Record<string, Parameter>;
    headers: Record<string, object>;
  };
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
      example: { weight: 2.5 },
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
      408: ["BODY_TOO_SLOW"],
      409: ["ALREADY_EXISTS", "IDEMPOTENCY_IN_PROGRESS", "LIMIT_REACHED"],
      413: ["BODY_TOO_LARGE"],
      415: ["UNSUPPORTED_MEDIA_TYPE"],
      422: ["CARD_DATA_REFUSED", "IDEMPOTENCY_KEY_REUSED", "VALIDATION_FAILED"],
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

  test("has the request and response headers that follow from its contract, and no others", () => {
    const { parameters, responses } = operation("post", "/parcels/{requestId}");
    expect(parameters.flatMap(({ $ref }) => $ref ?? [])).toEqual([
      "#/components/parameters/idempotencyKey",
      "#/components/parameters/requestId",
    ]);
    expect(Object.keys(responses[200]?.headers ?? {})).toEqual([
      "X-Request-Id",
      "RateLimit-Limit",
      "RateLimit-Remaining",
      "RateLimit-Reset",
      "Idempotent-Replayed",
    ]);
    expect(Object.keys(responses[401]?.headers ?? {})).toEqual(["X-Request-Id", "WWW-Authenticate"]);
  });

  test("names the tokens of which one is enough", () => {
    expect(operation("post", "/parcels/{requestId}").security).toEqual([
      { staffToken: ["parcels:write"] },
      { customerToken: [] },
    ]);
    expect(operation("get", "/parcels").security).toEqual([{ staffToken: ["parcels:read"] }]);
    expect(operation("get", "/parcels/{requestId}/places").security[0]).toEqual({});
  });

  test("has an example request of what its schemas and its contract give", () => {
    const { parameters, requestBody } = operation("post", "/parcels/{requestId}");
    expect(parameters[0]?.example).toBe("req_01h455vb4pex5vsknk084sn02q");
    expect(requestBody?.content["application/json"]?.example).toEqual({ weight: 2.5 });
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
    expect(stream.parameters.map(({ name, $ref }) => name ?? $ref)).toEqual([
      "requestId",
      "#/components/parameters/lastEventId",
      "#/components/parameters/requestId",
    ]);
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

  test("contain examples of ids instead of their kinds, and no other word that is ours alone", () => {
    for (const json of [JSON.stringify(shop), JSON.stringify(asyncApi(contracts, "1"))]) {
      expect(json).not.toMatch(/"x-(id|form|name)"/);
      expect(json).toContain("ord_01h455vb4pex5vsknk084sn02q");
    }
  });

  test("give each operation a summary, a client error and tokens, and refer only to what exists", () => {
    for (const { operationId, summary, responses, security } of operations) {
      expect([operationId, summary.length > 5]).toContain(true);
      expect([operationId, Object.keys(responses).some((status) => status.startsWith("4"))]).toContain(true);
      expect([operationId, security.length > 0]).toContain(true);
    }
    for (const document of [shop, asyncApi(contracts, "1")])
      for (const [, ref] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]*)"/g))
        expect([ref, at(document, String(ref))]).not.toContain(undefined);
  });

  test("show a schema that has a name only once, and both documents by the same name", () => {
    const names = new Map(
      Object.entries(shop.components.schemas).map(([name, schema]) => [JSON.stringify(schema), name]),
    );
    expect(names.size).toBeGreaterThan(30);
    expect(names.size).toBe(Object.keys(shop.components.schemas).length); // no shape has two names
    const repeated: unknown[] = [];
    JSON.stringify(shop.paths, function (this: unknown, key, part) {
      if (names.has(JSON.stringify(part))) repeated.push([key, names.get(JSON.stringify(part))]);
      return part;
    });
    expect(repeated).toEqual([]);
    const { components } = asyncApi(contracts, "1") as unknown as Document;
    const shared = Object.keys(components.schemas).filter((name) => name in shop.components.schemas);
    expect(shared).toContain("Tender");
    for (const name of shared) expect(components.schemas[name]).toEqual(shop.components.schemas[name]);
  });

  test.each(
    contracts.flatMap(({ name, actions }) =>
      Object.entries(actions).flatMap(([action, spec]) => (spec.rest ? [[`${name}.${action}`, spec] as const] : [])),
    ),
  )("contain an example request and an example answer of %s, and both fit", (operationId, spec) => {
    const { parameters, requestBody, responses } = operations.find(
      (each) => each.operationId === operationId,
    ) as Operation;
    const given = parameters.flatMap(({ name, in: place, example }) =>
      place !== "header" && example !== undefined ? [[name, example]] : [],
    );
    const body = requestBody?.content["application/json"]?.example as object | undefined;
    const raw = spec.raw ? { body: "{}", query: {}, headers: {} } : {}; // what the gateway makes of the request
    const part = spec.parts ? { part: { number: 1, base64: "", isLast: true, type: spec.parts.example.type } } : {};
    expect(faults(spec.params, { ...Object.fromEntries(given), ...body, ...raw, ...part })).toEqual([]);
    const { content } = responses[spec.status ?? 200] ?? {};
    if (spec.bytes) expect(Object.keys(content ?? {})).toEqual(spec.bytes.types);
    else if (spec.status !== 204) expect(faults(spec.returns, content?.["application/json"]?.example)).toEqual([]);
  });

  test("name no token problem where a bad token is ignored", () => {
    const statuses = (id: string) => Object.keys(operations.find((each) => each.operationId === id)?.responses ?? {});
    expect(statuses("customers.create")).not.toContain("401");
    expect(statuses("carts.create")).toContain("401");
  });

  test("say which preferences a customer may store", () => {
    const { requestBody } = operations.find((each) => each.operationId === "customers.setPreferences") as Operation;
    expect(requestBody?.content["application/json"]?.schema).toEqual({ $ref: "#/components/schemas/Preferences" });
    expect(shop.components.schemas.Preferences).toMatchObject({
      maxProperties: 50,
      propertyNames: { maxLength: 100 },
      additionalProperties: {
        anyOf: [{ type: "string", maxLength: 500 }, { type: "number" }, { type: "boolean" }, { type: "null" }],
      },
    });
  });

  test("say where the ids come from that no shop has from its start", () => {
    const described = operations.find((each) => each.operationId === "carts.changeItem")?.description;
    expect(described).toContain("`cartId` comes from `POST /carts`.");
    expect(described).toContain("`itemId` comes from `POST /carts/{cartId}/items`.");
  });
});

function at(document: object, path: string): unknown {
  return path
    .split("/")
    .map((name) => name.replaceAll("~1", "/"))
    .reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], document);
}

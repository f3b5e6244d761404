import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { describe, expect, test } from "@jest/globals";
import { Type } from "typebox";
import { anyone } from "#lib/contract/access.ts";
import { action, Exact, Page } from "#lib/contract/contract.ts";
import {
  clientAddress,
  givenRequestId,
  preferredWait,
  readParams,
  traceparent,
} from "#services/platform/gateway/request.ts";

const list = action({
  summary: "A list",
  params: Exact({
    ...Page,
    open: Type.Optional(Type.Boolean()),
    skus: Type.Optional(Type.Array(Type.String())),
    name: Type.Optional(Type.String()),
  }),
  returns: Exact({}),
  access: anyone(),
});

function request(method: string, headers: Record<string, string> = {}, body = ""): IncomingMessage {
  const stream = Readable.from(body ? [Buffer.from(body)] : []);
  return Object.assign(stream, {
    method,
    headers,
    socket: { remoteAddress: "10.0.0.1" },
  }) as unknown as IncomingMessage;
}

const get = (query: string) => readParams(request("GET"), list, {}, new URLSearchParams(query));
const post = (body: string, headers: Record<string, string> = { "content-type": "application/json" }) =>
  readParams(request("POST", headers, body), list, {}, new URLSearchParams());

describe("parameters", () => {
  test("query text becomes what the contract says, and nothing else", async () => {
    expect(await get("page=2&limit=5&open=true&skus=a,b&skus=c&name=7")).toEqual({
      page: 2,
      limit: 5,
      open: true,
      skus: ["a", "b", "c"],
      name: "7",
    });
    expect(await get("page=")).toEqual({ page: "" });
    expect(await get("page=two")).toEqual({ page: "two" });
  });

  test("bodies are taken as they are", async () => {
    expect(await post('{"page":"2"}')).toEqual({ page: "2" });
    expect(await post("")).toEqual({});
    expect(await post("{}", { "content-type": "application/json; charset=utf-8" })).toEqual({});
  });

  test.each([
    ["{", "MALFORMED_JSON"],
    ["[]", "VALIDATION_FAILED"],
    ["null", "VALIDATION_FAILED"],
    ['{"a":{"__proto__":1}}', "VALIDATION_FAILED"],
    ['{"\\u005f_proto__":1}', "VALIDATION_FAILED"],
    ['{"a":["x\\u0000y"]}', "VALIDATION_FAILED"],
    [`{"a":${"[".repeat(100)}${"]".repeat(100)}}`, "BAD_REQUEST"],
    [`{"a":"${"x".repeat(1_048_577)}"}`, "BODY_TOO_LARGE"],
  ])("refuses %.30s", async (body, type) => {
    await expect(post(body)).rejects.toMatchObject({ type });
  });

  test("text that the database could not hold is refused in paths and queries too", async () => {
    await expect(get("name=a%00b")).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
  });

  test("a body that contradicts the path is refused", async () => {
    const req = request("PUT", { "content-type": "application/json" }, '{"name":"b"}');
    await expect(readParams(req, list, { name: "a" }, new URLSearchParams())).rejects.toMatchObject({
      type: "VALIDATION_FAILED",
    });
  });

  test("an unknown content type or a compressed body is refused", async () => {
    await expect(post("{}", { "content-type": "text/plain" })).rejects.toMatchObject({
      type: "UNSUPPORTED_MEDIA_TYPE",
    });
    await expect(post("{}", { "content-type": "application/json", "content-encoding": "gzip" })).rejects.toMatchObject({
      type: "UNSUPPORTED_MEDIA_TYPE",
    });
  });
});

describe("headers", () => {
  test("Prefer: wait is read among others, and bounded", () => {
    expect(preferredWait(request("POST", { prefer: "respond-async, wait=5" }))).toBe(5);
    expect(preferredWait(request("POST", { prefer: "wait=99" }))).toBe(10);
    expect(preferredWait(request("POST", { prefer: "await=5" }))).toBe(0);
    expect(preferredWait(request("POST"))).toBe(0);
  });

  test("only sane request ids and valid traces are taken", () => {
    expect(givenRequestId(request("GET", { "x-request-id": "a.b:c/1" }))).toBe("a.b:c/1");
    expect(givenRequestId(request("GET", { "x-request-id": "a b" }))).toBeUndefined();
    expect(givenRequestId(request("GET", { "x-request-id": "x".repeat(129) }))).toBeUndefined();
    expect(traceparent(request("GET", { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` }))).toBeDefined();
    expect(traceparent(request("GET", { traceparent: "00-x-y-01" }))).toBeUndefined();
  });

  test("a forwarded address counts only behind a trusted proxy, and only the proxy's own entry", () => {
    const req = request("GET", { "x-forwarded-for": "1.1.1.1, 2.2.2.2" });
    expect(clientAddress(req, false)).toBe("10.0.0.1");
    expect(clientAddress(req, true)).toBe("2.2.2.2");
  });
});

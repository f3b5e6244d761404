import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "@jest/globals";
import { Type } from "typebox";
import { anyone } from "#lib/contract/access.ts";
import { action, Exact, Page } from "#lib/contract/contract.ts";
import { readParams } from "#services/platform/gateway/rest/read-params.ts";

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
  return { method, headers, body: Buffer.from(body) } as unknown as IncomingMessage;
}

const get = (query: string) => readParams(request("GET"), list, {}, new URLSearchParams(query));
const post = (body: string, headers: Record<string, string> = { "content-type": "application/json" }) =>
  readParams(request("POST", headers, body), list, {}, new URLSearchParams());

describe("parameters", () => {
  test("text of the query is converted by the schema, and stays text when it cannot be converted", async () => {
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

  test("bodies are not converted", async () => {
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
  ])("refuses %.30s", async (body, type) => {
    await expect(post(body)).rejects.toMatchObject({ type });
  });

  test("refuses U+0000 in a query, because the database cannot store it", async () => {
    await expect(get("name=a%00b")).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
  });

  test("refuses a body that contradicts the path", async () => {
    const req = request("PUT", { "content-type": "application/json" }, '{"name":"b"}');
    await expect(readParams(req, list, { name: "a" }, new URLSearchParams())).rejects.toMatchObject({
      type: "VALIDATION_FAILED",
    });
  });

  test("refuses an unknown content type and a compressed body", async () => {
    await expect(post("{}", { "content-type": "text/plain" })).rejects.toMatchObject({
      type: "UNSUPPORTED_MEDIA_TYPE",
    });
    await expect(post("{}", { "content-type": "application/json", "content-encoding": "gzip" })).rejects.toMatchObject({
      type: "UNSUPPORTED_MEDIA_TYPE",
    });
  });
});

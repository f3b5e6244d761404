import type { IncomingMessage } from "node:http";
import { expect, test } from "@jest/globals";
import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { anyone } from "#lib/contract/access.ts";
import { action, contract, Exact } from "#lib/contract/contract.ts";
import type { Contract } from "#lib/contract/types.ts";
import { bodyLimits } from "#services/platform/gateway/overload/body-limits.ts";

const write = { summary: "Writes", params: Exact({}), returns: Exact({}), access: anyone() };
const things = contract("things", {
  summary: "Things of a test",
  actions: {
    add: action({ ...write, rest: "POST /things" }),
    addMany: action({ ...write, rest: "POST /things:batch", bodyBytes: 5_000_000 }),
    label: action({
      ...write,
      params: Exact({ thingId: Type.String() }),
      rest: "PUT /things/:thingId/label",
      bodyBytes: 100,
    }),
  },
}) as unknown as Contract;

const limitOf = bodyLimits([things]);
const request = (method: string, url: string, headers: Record<string, string> = { "content-length": "1" }) =>
  ({ method, url: `/api/v1${url}`, headers }) as unknown as IncomingMessage;

test.each([
  ["POST", "/things", limits.BODY_BYTES],
  ["POST", "/things:batch", 5_000_000],
  ["POST", "/things:batch/?dry=1", 5_000_000],
  ["POST", "/things:batches", limits.BODY_BYTES],
  ["PUT", "/things/t%201/label", 100],
  ["PUT", "/things/a/b/label", limits.BODY_BYTES],
  ["POST", "/nowhere", limits.BODY_BYTES],
])("%s %s may have %d bytes", (method, url, bytes) => {
  expect(limitOf(request(method, url))).toBe(bytes);
  expect(limitOf(request(method, url, { "transfer-encoding": "chunked" }))).toBe(bytes);
});

test("a request without a body has none, and the body of a read is ignored", () => {
  expect(limitOf(request("POST", "/things", {}))).toBeUndefined();
  expect(limitOf(request("POST", "/things", { "content-length": "0" }))).toBeUndefined();
  expect(limitOf(request("GET", "/things"))).toBeUndefined();
});

import type { IncomingMessage } from "node:http";
import { expect, test } from "@jest/globals";
import { Type } from "typebox";
import { anyone } from "#lib/contract/access.ts";
import { action, Exact } from "#lib/contract/contract.ts";
import {
  clientAddress,
  declaredHeaders,
  givenRequestId,
  preferredWait,
  traceparent,
} from "#services/platform/gateway/rest/request-headers.ts";

function request(headers: Record<string, string> = {}): IncomingMessage {
  return { headers, socket: { remoteAddress: "10.0.0.1" } } as unknown as IncomingMessage;
}

test("the wait of a Prefer header is found among other preferences, and bounded", () => {
  expect(preferredWait(request({ prefer: "respond-async, wait=5" }))).toBe(5);
  expect(preferredWait(request({ prefer: "wait=99" }))).toBe(10);
  expect(preferredWait(request({ prefer: "await=5" }))).toBe(0);
  expect(preferredWait(request())).toBe(0);
});

test("request ids with unusual characters or lengths and invalid traces are ignored", () => {
  expect(givenRequestId(request({ "x-request-id": "a.b:c/1" }))).toBe("a.b:c/1");
  expect(givenRequestId(request({ "x-request-id": "a b" }))).toBeUndefined();
  expect(givenRequestId(request({ "x-request-id": "x".repeat(129) }))).toBeUndefined();
  expect(traceparent(request({ traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` }))).toBeDefined();
  expect(traceparent(request({ traceparent: "00-x-y-01" }))).toBeUndefined();
});

test("a forwarded address counts only behind a trusted proxy, and then only the entry of that proxy", () => {
  const req = request({ "x-forwarded-for": "1.1.1.1, 2.2.2.2" });
  expect(clientAddress(req, false)).toBe("10.0.0.1");
  expect(clientAddress(req, true)).toBe("2.2.2.2");
});

test("only the headers that a contract declares are read, by the names that it gives them", () => {
  const spec = action({
    summary: "Opens a door",
    params: Exact({ door: Type.String() }),
    returns: Exact({}),
    access: anyone(),
    headers: { doorKey: { name: "X-Door-Key", description: "The key" } },
  });
  const headers = { "x-door-key": "k1", "x-other": "o1" };
  expect(declaredHeaders(request(headers), spec)).toEqual({ doorKey: "k1" });
  expect(declaredHeaders(request(), spec)).toEqual({});
});

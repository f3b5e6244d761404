import { expect, test } from "@jest/globals";
import { Type } from "typebox";
import { anyone, internal, ownerOr } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact, event } from "#lib/contract/contract.ts";

const spec = { summary: "x", params: Exact({ orderId: Type.String() }), returns: Empty };

test.each([
  [
    "an internal action with a route",
    () =>
      contract("things", {
        summary: "x",
        actions: { get: action({ ...spec, rest: "GET /things", access: internal() }) },
      }),
  ],
  [
    "a path parameter that is not a parameter",
    () =>
      contract("things", {
        summary: "x",
        actions: { get: action({ ...spec, rest: "GET /things/:id", access: anyone() }) },
      }),
  ],
  [
    "an owner that is not a parameter",
    () =>
      contract("things", {
        summary: "x",
        actions: { get: action({ ...spec, rest: "GET /things", access: ownerOr("x:read", "custmerId") }) },
      }),
  ],
  [
    "an action for owners without a route",
    () => contract("things", { summary: "x", actions: { get: action({ ...spec, access: ownerOr("x:read") }) } }),
  ],
  [
    "a wait for a property that the answer does not have",
    () =>
      contract("things", {
        summary: "x",
        actions: {
          get: action({ ...spec, rest: "GET /things", access: anyone(), waits: { action: "a.b", param: "orderId" } }),
        },
      }),
  ],
  [
    "a cached answer that depends on the caller",
    () =>
      contract("things", {
        summary: "x",
        actions: { get: action({ ...spec, rest: "GET /things", access: anyone(), cached: true }) },
      }),
  ],
  [
    "another format of an answer that is cached",
    () =>
      contract("things", {
        summary: "x",
        actions: {
          get: action({
            ...spec,
            rest: "GET /things",
            access: anyone({ badToken: "ignored" }),
            cached: true,
            formats: { "text/csv": "things.list" },
          }),
        },
      }),
  ],
  [
    "another format of what a POST answers",
    () =>
      contract("things", {
        summary: "x",
        actions: {
          make: action({ ...spec, rest: "POST /things", access: anyone(), formats: { "text/csv": "things.list" } }),
        },
      }),
  ],
  ["a name that no environment variable can have", () => contract("Things!", { summary: "x", actions: {} })],
])("%s is refused when the contract is loaded", (_what, declare) => {
  expect(declare).toThrow(/^The contract of .+ is not valid: .+\.$/);
});

test("accepts a valid contract", () => {
  const things = contract("things", {
    summary: "x",
    actions: {
      get: action({ ...spec, rest: "GET /things/:orderId", access: anyone() }),
      find: action({ ...spec, access: internal() }),
    },
    events: { Made: event({ key: "orderId", version: "1.0", data: Exact({ orderId: Type.String() }) }) },
  });
  expect(things.events.Made).toMatchObject({ type: "Made", topic: "things.events" });
});

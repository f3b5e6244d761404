import { expect, test } from "@jest/globals";
import { Type } from "typebox";
import { anyone } from "#lib/contract/access.ts";
import { action, contract, Exact, event } from "#lib/contract/contract.ts";
import { Personal } from "#lib/contract/personal.ts";
import { fits } from "#lib/contract/validation.ts";
import { asyncApi } from "#services/platform/gateway/documents/asyncapi.ts";
import { openApi } from "#services/platform/gateway/documents/openapi.ts";

const Visitor = Exact({ visitorId: Type.String(), name: Personal(Type.Optional(Type.String({ maxLength: 3 }))) });

const visitors = contract("visitors", {
  summary: "Visitors.",
  actions: {
    get: action({ summary: "Reads.", rest: "GET /visitor", params: Exact({}), returns: Visitor, access: anyone() }),
  },
  events: { VisitorCame: event({ key: "visitorId", version: "1.0", data: Visitor }) },
});

test("a personal field keeps its rules and is marked in both documents", () => {
  expect(fits(Visitor, { visitorId: "1" })).toBe(true);
  expect(fits(Visitor, { visitorId: "1", name: "Eve" })).toBe(true);
  expect(fits(Visitor, { visitorId: "1", name: "Adam" })).toBe(false);
  const name = { type: "string", maxLength: 3, "x-personal": true };
  const { properties } = Visitor;
  expect(JSON.parse(JSON.stringify(properties))).toEqual({ visitorId: { type: "string" }, name });
  for (const document of [openApi([visitors] as never, "1"), asyncApi([visitors] as never, "1")])
    expect(JSON.stringify(document)).toContain(JSON.stringify(name));
});

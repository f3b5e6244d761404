import { expect, test } from "@jest/globals";
import { Errors } from "moleculer";
import { DomainError } from "#lib/contract/errors.ts";
import { isOutage } from "#lib/contract/outage.ts";
import "#services/logistics/inventory/contract.ts"; // which declares OUT_OF_STOCK
import { problemOf } from "#services/platform/gateway/response.ts";

test("a problem of the catalogue keeps its code, its sentence and its facts", () => {
  const problem = problemOf(
    new DomainError("OUT_OF_STOCK", "Only 2 left.", { items: [{ sku: "A" }], retryAfterSeconds: 5 }),
    "r1",
  );
  expect(problem).toEqual({
    type: "/problems/out-of-stock",
    title: "Not enough stock",
    status: 409,
    detail: "Only 2 left.",
    code: "OUT_OF_STOCK",
    requestId: "r1",
    items: [{ sku: "A" }],
  });
});

test("a problem from another node, which lost its class, is still known by its type", () => {
  const remote = new Errors.MoleculerError("Only 2 left.", 409, "OUT_OF_STOCK", {});
  expect(problemOf(remote, "r1")).toMatchObject({ code: "OUT_OF_STOCK", status: 409 });
});

test("facts cannot overwrite what the edge says", () => {
  expect(
    problemOf(new DomainError("NOT_FOUND", "x", { status: 200, requestId: "other", code: "OK" }), "r1"),
  ).toMatchObject({
    status: 404,
    requestId: "r1",
    code: "NOT_FOUND",
  });
});

test("whatever is not expected says nothing of itself", () => {
  const problem = problemOf(new Error("SELECT secret FROM table"), "r1");
  expect(problem).toMatchObject({ status: 500, code: "INTERNAL" });
  expect(JSON.stringify(problem)).not.toContain("SELECT");
});

test.each([
  new Errors.ServiceNotFoundError({ action: "orders.get" }),
  new Errors.RequestTimeoutError({ action: "orders.get" }),
  new Errors.QueueIsFullError({ action: "orders.get" }),
  Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }),
  Object.assign(new Error("terminating connection"), { code: "57P01" }),
  Object.assign(new Error("x"), { name: "SequelizeConnectionRefusedError" }),
  Object.assign(new Error("disk full"), { code: "53100" }),
])("%s is an outage: 503", (error) => {
  expect(isOutage(error)).toBe(true);
  expect(problemOf(error, "r1")).toMatchObject({ status: 503, code: "SERVICE_UNAVAILABLE" });
});

test("a broken rule of the database is no outage", () => {
  expect(isOutage(Object.assign(new Error("check"), { code: "23514" }))).toBe(false);
});

import { expect, test } from "@jest/globals";
import { Errors } from "moleculer";
import { DomainError } from "#lib/contract/errors.ts";
import { isOutage } from "#lib/contract/outage.ts";
import "#services/logistics/inventory/contract.ts"; // which declares OUT_OF_STOCK
import { problemOf } from "#services/platform/gateway/rest/problem.ts";

test("a problem has the code, the sentence and the facts of its error", () => {
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

test("an error from another node is known by its type, because it has lost its class", () => {
  const remote = new Errors.MoleculerError("Only 2 left.", 409, "OUT_OF_STOCK", {});
  expect(problemOf(remote, "r1")).toMatchObject({ code: "OUT_OF_STOCK", status: 409 });
});

test("an error without a sentence of its own has the title of its code as detail", () => {
  expect(problemOf(new DomainError("MALFORMED_JSON"), "r1")).toMatchObject({ detail: "The body is not valid JSON" });
});

test("facts of an error cannot replace the fields of the problem", () => {
  expect(
    problemOf(new DomainError("NOT_FOUND", "x", { status: 200, requestId: "other", code: "OK" }), "r1"),
  ).toMatchObject({
    status: 404,
    requestId: "r1",
    code: "NOT_FOUND",
  });
});

test("an unexpected error reveals nothing about itself", () => {
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

test("a violated constraint of the database is no outage", () => {
  expect(isOutage(Object.assign(new Error("check"), { code: "23514" }))).toBe(false);
});

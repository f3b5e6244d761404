import { expect, test } from "@jest/globals";
import { limits } from "#config/limits.ts";
import { allBounds, duplicatesIn } from "#tools/limits/bounds.ts";

test("every bound is listed with its owner, value and comment", async () => {
  const bounds = await allBounds();
  expect(bounds.filter(({ owner }) => owner === "platform").map(({ name }) => name)).toEqual(Object.keys(limits));
  expect(bounds).toContainEqual({
    owner: "platform",
    name: "CALL_CONCURRENCY",
    value: limits.CALL_CONCURRENCY,
    comment: "bulkhead, per action and node",
  });
  expect(bounds.map(({ owner }) => owner)).toEqual(expect.arrayContaining(["gateway", "orders", "inventory"]));
});

test("no name is used by two owners", async () => {
  expect(duplicatesIn(await allBounds())).toEqual([]);
});

test("a name that two owners use is found", () => {
  const bound = { name: "ROWS", value: 1, comment: "" };
  expect(
    duplicatesIn([
      { ...bound, owner: "a" },
      { ...bound, owner: "b" },
    ]),
  ).toEqual(["ROWS"]);
});

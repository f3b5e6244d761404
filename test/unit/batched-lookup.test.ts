import { beforeEach, describe, expect, test } from "@jest/globals";
import { batchedLookup } from "#lib/batched-lookup.ts";

describe("batched look-up", () => {
  let queries: string[][];
  let beforeAnswer: Promise<unknown>;
  let lookUp: (key: string) => Promise<string | undefined>;

  beforeEach(() => {
    queries = [];
    beforeAnswer = Promise.resolve();
    lookUp = batchedLookup(async (keys) => {
      queries.push([...keys]);
      await beforeAnswer;
      return new Map(keys.filter((key) => key !== "unknown").map((key) => [key, `found ${key}`]));
    });
  });

  test("joins the look-ups of one moment, each key once, and gives each caller its own answer", async () => {
    expect(await Promise.all(["a", "b", "a", "unknown"].map(lookUp))).toEqual([
      "found a",
      "found b",
      "found a",
      undefined,
    ]);
    expect(queries).toEqual([["a", "b", "unknown"]]);
  });

  test("a look-up during a query waits for the next query, because the running one may be too old", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    beforeAnswer = promise;
    const first = lookUp("a");
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    const later = [lookUp("a"), lookUp("b")];
    await new Promise(setImmediate);
    expect(queries).toEqual([["a"]]);
    resolve();
    expect(await Promise.all([first, ...later])).toEqual(["found a", "found a", "found b"]);
    expect(queries).toEqual([["a"], ["a", "b"]]);
  });

  test("a query that fails fails its own callers only", async () => {
    beforeAnswer = Promise.reject(new Error("The database is down."));
    await expect(lookUp("a")).rejects.toThrow("The database is down.");
    beforeAnswer = Promise.resolve();
    expect(await lookUp("a")).toBe("found a");
  });
});

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { limits } from "#config/limits.ts";
import { CursorPage, endPart, readPart, type SortKey } from "#lib/contract/cursor.ts";
import { fits } from "#lib/contract/validation.ts";

const LIST = ["reviews.list", "-createdAt", { product: "prod_1" }];
const SHAPE = [0, ""] as const;
type Key = readonly [string | number, string];
const key = fc.tuple(fc.maxSafeInteger(), fc.string({ unit: "grapheme" }));

/** The cursor after a row with this key. */
function cursorOf(of: Key, list: readonly unknown[] = LIST): string {
  const part = readPart<SortKey>({ limit: 1 }, list, SHAPE);
  const { pagination } = endPart(part, [of, [0, "more"]], (row) => row, { total: 2, atLeast: false });
  return String(pagination.next);
}

function refusalOf(query: { cursor?: string; page?: number }, list: readonly unknown[] = LIST, shape: SortKey = SHAPE) {
  try {
    readPart(query, list, shape);
  } catch (error) {
    return (error as { data?: { errors?: object[] } }).data?.errors?.[0];
  }
  return undefined;
}

describe("a cursor", () => {
  test("is safe in a URL and names the last row that was shown", () => {
    fc.assert(
      fc.property(key, (of) => {
        const cursor = cursorOf(of);
        expect(fits(CursorPage.cursor, cursor)).toBe(true);
        expect(encodeURIComponent(cursor)).toBe(cursor);
        expect(readPart({ cursor, limit: 5 }, LIST, SHAPE)).toMatchObject({ kind: "after", limit: 5, after: of });
      }),
    );
  });

  test("of another list, sort or filter is refused, and so is one of another shape", () => {
    const cursor = cursorOf([7, "a"]);
    const refused = { path: "/cursor", message: expect.stringContaining("is not a cursor of this list") };
    expect(refusalOf({ cursor }, ["reviews.list", "createdAt", { product: "prod_1" }])).toEqual(refused);
    expect(refusalOf({ cursor }, ["reviews.list", "-createdAt", { product: "prod_2" }])).toEqual(refused);
    expect(refusalOf({ cursor }, LIST, ["", ""])).toEqual(refused);
    expect(refusalOf({ cursor }, LIST, [0])).toEqual(refused);
    expect(refusalOf({ cursor })).toBeUndefined();
  });

  test("that nobody has given is refused, whatever it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json()), (text) => {
        const cursor = Buffer.from(text).toString("base64url");
        expect(refusalOf({ cursor: text })).toBeDefined();
        expect(refusalOf({ cursor })).toBeDefined();
      }),
    );
  });

  test("with a character that Postgres cannot store is refused", () => {
    expect(refusalOf({ cursor: cursorOf([1, "a\0"]) })).toBeDefined();
    expect(refusalOf({ cursor: cursorOf([1.5, "a"]) })).toBeDefined();
  });

  test("cannot be sent together with a page", () => {
    expect(refusalOf({ cursor: cursorOf([7, "a"]), page: 1 })).toEqual({
      path: "/cursor",
      message: "cannot be sent together with page",
    });
  });
});

describe("a page", () => {
  test("beyond the last one is refused with the way to read further", () => {
    expect(readPart({ page: limits.LIST_PAGES, limit: 3 }, LIST, SHAPE)).toMatchObject({ offset: 2_997 });
    expect(refusalOf({ page: limits.LIST_PAGES + 1 })).toEqual({
      path: "/page",
      message: "must be at most 1000: read further with pagination.next",
    });
  });

  test("tells how many rows there are, or that there are more", () => {
    const part = readPart<SortKey>({ page: 2, limit: 2 }, LIST, SHAPE);
    const end = (rows: Key[], total: number, atLeast: boolean) =>
      endPart(part, rows, (row) => row, { total, atLeast }).pagination;
    const row: Key = [1, "a"];
    expect(end([row], 3, false)).toEqual({ page: 2, limit: 2, total: 3 });
    expect(end([row, row, row], 10_000, true)).toEqual({
      page: 2,
      limit: 2,
      total: 10_000,
      atLeast: true,
      next: expect.any(String),
    });
  });
});

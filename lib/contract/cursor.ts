import { createHash } from "node:crypto";
import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { DEFAULT_PAGE_ROWS } from "./contract.ts";
import { type DomainError, type FieldError, validationError } from "./errors.ts";
import { NamedObject } from "./named.ts";
import { FormedText } from "./text.ts";

/**
 * Lists that can be read to their end, however long they are. A page is found by counting rows from the beginning, which
 * takes longer the further it goes; a cursor names the last row that was shown, so that an index finds the next one. Rows
 * that are added or removed meanwhile move nothing: no row is shown twice, and none is left out that was there all the time.
 */

/** `cursor`, `page` and `limit` of a list. */
export const CursorPage = {
  cursor: Type.Optional(
    FormedText("a cursor from `pagination.next` of the same list", "^[A-Za-z0-9_-]+$", {
      minLength: 1,
      maxLength: limits.CURSOR_CHARS,
      description: "`pagination.next` of the part before, to read on; with the same filters and the same `sort`",
    }),
  ),
  page: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 1,
      description: `At most ${limits.LIST_PAGES}: \`cursor\` reads further. Not beside \`cursor\`.`,
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.PAGE_SIZE, default: DEFAULT_PAGE_ROWS })),
};

/** Where a list continues, and how long it is. The length is only counted for a page, not for a cursor. */
export const CursorPagination = NamedObject("CursorPagination", {
  page: Type.Optional(Type.Integer({ minimum: 1, description: "Absent when a cursor was sent", examples: [1] })),
  limit: Type.Integer({ minimum: 1, examples: [DEFAULT_PAGE_ROWS] }),
  total: Type.Optional(
    Type.Integer({ minimum: 0, description: "Number of all rows; absent when a cursor was sent", examples: [1] }),
  ),
  atLeast: Type.Optional(
    Type.Literal(true, { description: "There are `total` rows or more: they were not counted to the end" }),
  ),
  next: Type.Optional(
    Type.String({ description: "Send it as `cursor` to get the next rows. Absent when there are no more." }),
  ),
});

/** What a row is sorted by: texts and whole numbers, unique together, so the last one is an id. */
export type SortKey = readonly (string | number)[];

/** The part of a list that was asked for. Read `limit + 1` rows: the further one tells whether there are more. */
export type ListPart<K extends SortKey> = { limit: number; list: string } & (
  | { kind: "page"; page: number; offset: number }
  | { kind: "after"; after: K }
);

/**
 * Reads `cursor`, `page` and `limit`.
 * @param order the name of the list, the sort and all filters: a cursor is good only for the list that gave it
 * @param shape a key of the list, for its types, such as `[0, ""]`
 * @throws DomainError VALIDATION_FAILED for a cursor beside a page, a page too far away, or a cursor of another list
 */
export function readPart<K extends SortKey>(
  { cursor, page, limit = DEFAULT_PAGE_ROWS }: { cursor?: string; page?: number; limit?: number },
  order: readonly unknown[],
  shape: K,
): ListPart<K> {
  const list = createHash("sha256").update(JSON.stringify(order)).digest("base64url").slice(0, LIST_CHARS);
  if (cursor === undefined) {
    if ((page ?? 1) > limits.LIST_PAGES)
      refuse({ path: "/page", message: `must be at most ${limits.LIST_PAGES}: read further with pagination.next` });
    return { kind: "page", limit, list, page: page ?? 1, offset: ((page ?? 1) - 1) * limit };
  }
  if (page !== undefined) refuse({ path: "/cursor", message: "cannot be sent together with page" });
  const after = decode(cursor, list, shape);
  if (!after) throw foreignCursor();
  return { kind: "after", limit, list, after };
}

/** The refusal of a cursor that the list has not given. */
export function foreignCursor(): DomainError {
  const message = "is not a cursor of this list, with these filters and this sort";
  return validationError(undefined, [{ path: "/cursor", message }]);
}

/**
 * The rows to show, and the `pagination` of the answer.
 * @param rows as the store found them, at most `limit + 1`
 * @param count how many rows there are: for a page
 * @param goesOn the key after which the list goes on, when not all rows were looked at and no further one was found
 */
export function endPart<Row, K extends SortKey>(
  part: ListPart<K>,
  rows: readonly Row[],
  keyOf: (row: Row) => K,
  count: { total: number; atLeast: boolean } | undefined,
  goesOn?: K,
) {
  const { limit, list } = part;
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const end = last === undefined ? goesOn : keyOf(last);
  const next = end === undefined ? {} : { next: encode(list, end) };
  if (part.kind === "after" || !count) return { rows: shown, pagination: { limit, ...next } };
  const { total, atLeast } = count;
  return {
    rows: shown,
    pagination: { page: part.page, limit, total, ...(atLeast ? { atLeast: true as const } : {}), ...next },
  };
}

const LIST_CHARS = 11; // 66 bits: another list has the same ones by accident only

function encode(list: string, key: SortKey): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString("base64url");
}

function decode<K extends SortKey>(cursor: string, list: string, shape: K): K | undefined {
  const [listOfCursor, ...key] = parse(Buffer.from(cursor, "base64url").toString("utf8"));
  const fits =
    listOfCursor === list && key.length === shape.length && key.every((value, at) => isLike(value, shape[at]));
  return fits ? (key as unknown as K) : undefined;
}

function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** Postgres stores no U+0000, and a bigint is more than any number that is not safe. */
function isLike(value: unknown, model: unknown): boolean {
  if (typeof model === "number") return Number.isSafeInteger(value);
  return typeof value === "string" && !value.includes("\0");
}

function refuse(error: FieldError): never {
  throw validationError(undefined, [error]);
}

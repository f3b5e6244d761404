import { parse } from "csv-parse/sync";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { FileRow } from "../domain/import/draft.ts";
import type { Format } from "../domain/import/formats.ts";
import { Gatherer, type RowGroup } from "../domain/import/gather.ts";
import { csvOptions } from "../domain/import/header.ts";
import type { Position } from "../domain/import/import.ts";
import { catalogLimits } from "../domain/limits.ts";
import { readBytes } from "../import.store.ts";

/** Products of a file that are imported in one transaction. */
export interface Chunk {
  groups: RowGroup[];
  from: Position;
  to: Position;
  /** Absent while the file goes on; `problem` says why the rest of it cannot be read. */
  end?: { problem: string | null };
}

interface ReadRow {
  row: FileRow;
  after: Position;
}

type ReadBounds = Record<
  "PRODUCT_BATCH_ROWS" | "IMPORT_CHUNK_ROWS" | "IMPORT_CHUNK_BYTES" | "IMPORT_RECORD_BYTES" | "IMPORT_UNREADABLE_ROWS",
  number
>;

const ROWS_AT_ONCE = 500; // parsed without a pause: some 10 ms
const NEWLINE = 0x0a;
const UNREADABLE = "cannot be read: a quote is opened in it that is not closed";

/** A file that was received. */
export interface StoredFile {
  importId: string;
  format: Format;
  delimiter: string;
  bytes: number;
}

/** Reads a file from a place between two products on, in chunks. At most one chunk and two parts are in memory. */
export async function* chunksOf(
  db: Queryable,
  file: StoredFile,
  start: Position,
  bounds: ReadBounds = catalogLimits,
): AsyncGenerator<Chunk> {
  const gatherer = new Gatherer(file.format.keyOf, catalogLimits.PRODUCT_VARIANTS + catalogLimits.PRODUCT_IMAGES);
  let chunk: Chunk = { groups: [], from: start, to: start };
  let rows = 0;
  let before = start;
  let unreadable = 0;
  for await (const { row, after } of rowsOf(db, file, start, bounds)) {
    const complete = gatherer.add(row);
    if (complete.length > 0) {
      chunk.groups.push(...complete);
      // What the gatherer keeps begins with this row, unless that was a row of no product and complete by itself.
      chunk.to = complete.some(({ faults }) => faults.some((fault) => fault.row === row.row)) ? after : before;
      rows += complete.reduce((sum, { count }) => sum + count, 0);
      const isFull =
        chunk.groups.length >= bounds.PRODUCT_BATCH_ROWS ||
        rows >= bounds.IMPORT_CHUNK_ROWS ||
        chunk.to.at - chunk.from.at >= bounds.IMPORT_CHUNK_BYTES;
      if (isFull) {
        yield chunk;
        chunk = { groups: [], from: chunk.to, to: chunk.to };
        rows = 0;
      }
    }
    before = after;
    if (row.problem !== undefined && ++unreadable >= bounds.IMPORT_UNREADABLE_ROWS) {
      const problem = `More than ${unreadable - 1} rows cannot be read, the last of them row ${row.row}.`;
      yield { ...chunk, groups: [...chunk.groups, ...gatherer.end()], to: before, end: { problem } };
      return;
    }
  }
  // Blank rows after the last one are read, too.
  const to = { at: file.bytes, row: before.row };
  yield { ...chunk, groups: [...chunk.groups, ...gatherer.end()], to, end: { problem: null } };
}

/** The rows of a file after the header. */
async function* rowsOf(
  db: Queryable,
  file: StoredFile,
  start: Position,
  { IMPORT_RECORD_BYTES }: ReadBounds,
): AsyncGenerator<ReadRow> {
  const { importId, delimiter } = file;
  let position = start;
  let bytes = await readBytes(db, importId, position.at, IMPORT_RECORD_BYTES);
  let used = 0;
  while (used < bytes.length) {
    const window = bytes.subarray(used);
    const { rows, isBroken } = parseRows(window, csvOptions(delimiter, IMPORT_RECORD_BYTES), position);
    const last = rows.at(-1)?.after ?? position;
    for (const read of rows) if (read.row.cells.some((cell) => cell.trim() !== "")) yield read;
    if (rows.length === 0 && isBroken) {
      // A row that ends in the bytes that follow was tried with all of them, see below: this one does not end.
      const after = { at: position.at + lineLength(window), row: position.row + 1 };
      yield { row: { row: after.row, cells: [], problem: UNREADABLE }, after };
      used += after.at - position.at;
      position = after;
    } else if (rows.length === 0) {
      // Blank lines only: whatever follows them is read, too.
      position = { at: position.at + window.length, row: position.row + linesOf(window) };
      used = bytes.length;
    } else {
      used += last.at - position.at;
      position = last;
    }
    const left = bytes.length - used;
    if (left < IMPORT_RECORD_BYTES && position.at + left < file.bytes) {
      bytes = await readBytes(db, importId, position.at, IMPORT_RECORD_BYTES);
      used = 0;
    }
  }
}

/** Parses the first rows of some bytes. */
function parseRows(
  bytes: Buffer,
  options: ReturnType<typeof csvOptions>,
  start: Position,
): { rows: ReadRow[]; isBroken: boolean } {
  const rows: ReadRow[] = [];
  try {
    parse(bytes, {
      ...options,
      to: ROWS_AT_ONCE,
      on_record: (cells: string[], info) => {
        const after = { at: start.at + info.bytes, row: start.row + info.records + info.empty_lines };
        rows.push({ row: { row: after.row, cells }, after });
        return null;
      },
    });
    return { rows, isBroken: false };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && String(error.code).startsWith("CSV_"))) throw error;
    return { rows, isBroken: true };
  }
}

function linesOf(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

function lineLength(bytes: Buffer): number {
  const end = bytes.indexOf(NEWLINE);
  return end < 0 ? bytes.length : end + 1;
}

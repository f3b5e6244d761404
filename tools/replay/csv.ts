/** Longest record accepted, in characters; a quote that is never closed would otherwise swallow the file. */
const RECORD_CHARS = 65_536;

/** One record of a CSV file and the line it begins on (the first line is 1). */
export interface CsvRecord {
  line: number;
  fields: string[];
}

/**
 * Reads CSV (RFC 4180: quoted fields, doubled quotes, line breaks inside quotes, CRLF or LF) piece by piece,
 * so that a file is never held as a whole.
 * @throws Error naming the line where a quote is out of place or a record does not end
 */
export class CsvReader {
  #rest = "";
  #nextLine = 1;

  /** Takes the next piece of text; gives the records that are now complete. */
  push(piece: string): CsvRecord[] {
    const lines = (this.#rest + piece).split("\n");
    const unfinished = lines.pop() ?? "";
    const { records, open } = this.#assemble(lines);
    this.#rest = open === undefined ? unfinished : `${open}\n${unfinished}`;
    if (this.#rest.length > RECORD_CHARS) {
      throw new Error(`line ${this.#nextLine}: the record is longer than ${RECORD_CHARS} characters`);
    }
    return records;
  }

  /** Says that the text has ended; gives the last record where it has no line break after it. */
  end(): CsvRecord[] {
    const last = this.#rest;
    this.#rest = "";
    if (last === "") return [];
    const { records, open } = this.#assemble([last]);
    if (open !== undefined) throw new Error(`line ${this.#nextLine}: a quote is never closed`);
    return records;
  }

  /** Joins lines to records: a record goes on while the quotes in it are odd. `open` is one that has not ended. */
  #assemble(lines: string[]): { records: CsvRecord[]; open?: string } {
    const records: CsvRecord[] = [];
    let open: string | undefined;
    let spanned = 0;
    for (const line of lines) {
      const text: string = open === undefined ? line : `${open}\n${line}`;
      spanned += 1;
      if (!closesItsQuotes(text)) {
        open = text;
        continue;
      }
      const bare = text.endsWith("\r") ? text.slice(0, -1) : text;
      if (bare !== "") records.push({ line: this.#nextLine, fields: splitRecord(bare, this.#nextLine) });
      this.#nextLine += spanned;
      spanned = 0;
      open = undefined;
    }
    return open === undefined ? { records } : { records, open };
  }
}

function closesItsQuotes(text: string): boolean {
  let quotes = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes += 1;
  return quotes % 2 === 0;
}

function splitRecord(text: string, line: number): string[] {
  // Most records have no quote at all, and splitting them is ten times faster than the scan below.
  if (!text.includes('"')) return text.split(",");
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const { value, next } = text[at] === '"' ? quotedField(text, at, line) : plainField(text, at, line);
    fields.push(value);
    if (next >= text.length) return fields;
    at = next + 1;
    if (at === text.length) return [...fields, ""];
  }
}

/** A field without quotes, from `at` to the comma or the end (`next`). */
function plainField(text: string, at: number, line: number): { value: string; next: number } {
  const comma = text.indexOf(",", at);
  const next = comma < 0 ? text.length : comma;
  const value = text.slice(at, next);
  if (value.includes('"')) throw new Error(`line ${line}: a quote stands inside a field without quotes`);
  return { value, next };
}

/** A field in quotes, from the quote at `at` to the comma or the end behind its closing quote (`next`). */
function quotedField(text: string, at: number, line: number): { value: string; next: number } {
  let close = text.indexOf('"', at + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  const next = close + 1;
  if (close < 0 || (next < text.length && text[next] !== ",")) {
    throw new Error(`line ${line}: a quoted field must end at a comma`);
  }
  return { value: text.slice(at + 1, close).replaceAll('""', '"'), next };
}

import { parse } from "csv-parse/sync";
import { catalogLimits } from "../limits.ts";
import type { Format } from "./formats.ts";
import { ownFormat } from "./own-format.ts";
import { shopifyFormat } from "./shopify-format.ts";

/** The first row of a file, and what follows from it. */
export interface Header {
  names: string[];
  delimiter: string;
  /** Where the second row begins. */
  bytes: number;
}

const DELIMITERS = [",", ";", "\t"];

/**
 * Finds the header in the beginning of a file: with the delimiter with which its columns are known.
 * @returns the header, or what is wrong with it
 */
export function readHeader(beginning: Buffer): { header: Header; format: Format } | { fault: string } {
  let fault: string | undefined;
  for (const delimiter of DELIMITERS) {
    const header = firstRow(beginning, delimiter);
    const format = header && formatOf(header.names);
    if (!header || !format) continue;
    if ("read" in format) return { header, format };
    fault ??= format.fault;
  }
  return {
    fault: fault ?? "The first row must name the columns: at least slug and sku, or Shopify's Handle and Title.",
  };
}

/** The format with this header; undefined when there is none. */
export function formatOf(names: readonly string[]): Format | { fault: string } | undefined {
  return shopifyFormat(names) ?? ownFormat(names);
}

function firstRow(beginning: Buffer, delimiter: string): Header | undefined {
  let header: Header | undefined;
  try {
    parse(beginning, {
      ...csvOptions(delimiter, catalogLimits.IMPORT_RECORD_BYTES),
      bom: true,
      to: 1,
      on_record: (names: string[], { bytes }) => {
        header ??= { names, delimiter, bytes };
        return null;
      },
    });
  } catch {
    return undefined; // its first row never ends
  }
  return header;
}

/** How rows are read. Quotes inside a cell, and rows with too few or too many cells, are taken as they are. */
export function csvOptions(delimiter: string, recordBytes: number) {
  return {
    delimiter,
    record_delimiter: ["\r\n", "\n"],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: recordBytes,
  };
}

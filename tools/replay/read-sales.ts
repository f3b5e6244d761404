import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { CsvReader } from "./csv.ts";
import { checkHeader, classify } from "./lines.ts";
import { SalesBook } from "./plan.ts";

/**
 * Reads a sales file (CSV, compressed with gzip where its name ends in .gz), a piece at a time.
 * @throws Error when the file cannot be opened, is cut short, or has a line that cannot be read
 */
export async function readSales(path: string): Promise<SalesBook> {
  const book = new SalesBook();
  const csv = new CsvReader();
  let headerSeen = false;
  const take = (records: ReturnType<CsvReader["push"]>): void => {
    for (const record of records) {
      if (headerSeen) book.add(classify(record));
      else checkHeader(record);
      headerSeen = true;
    }
  };
  const consume = async (text: AsyncIterable<Buffer>): Promise<void> => {
    // Pieces end anywhere, also inside a character: the decoder keeps the beginning of it for the next piece.
    const decoder = new TextDecoder("utf-8", { fatal: true });
    for await (const piece of text) take(csv.push(decoder.decode(piece, { stream: true })));
    take(csv.push(decoder.decode()));
    take(csv.end());
  };
  const file = createReadStream(path);
  if (path.endsWith(".gz")) await pipeline(file, createGunzip(), consume);
  else await pipeline(file, consume);
  if (!headerSeen) throw new Error("the file is empty");
  return book;
}

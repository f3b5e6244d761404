import { eventually } from "#test/support/eventually.ts";
import type { TestShop } from "./catalog-fixture.ts";

const PART_BYTES = 524_288;

/** A file as the gateway sends it: in parts that end where lines end. */
export function partsOf(
  file: string | Buffer,
  partBytes = PART_BYTES,
): { number: number; base64: string; isLast: boolean; type: string }[] {
  const bytes = Buffer.from(file);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.subarray(0, at + partBytes).lastIndexOf("\n") + 1;
    const next = at + partBytes >= bytes.length ? bytes.length : end > at ? end : at + partBytes;
    parts.push(bytes.subarray(at, next));
    at = next;
  }
  if (parts.length === 0) parts.push(Buffer.alloc(0));
  return parts.map((part, n) => ({
    number: n + 1,
    base64: part.toString("base64"),
    isLast: n === parts.length - 1,
    type: "text/csv",
  }));
}

type Options = { create?: string; currency?: string };

/** Uploads a file. @returns the id of its import */
export async function upload(
  shop: Pick<TestShop, "call">,
  file: string | Buffer,
  options: Options = {},
  meta: Parameters<TestShop["call"]>[2] = {},
  partBytes = PART_BYTES,
): Promise<string> {
  let before: { importId: string } | undefined;
  for (const part of partsOf(file, partBytes))
    before = await shop.call("catalog.importProducts", { ...options, part, ...(before && { before }) }, meta);
  return before?.importId ?? "";
}

/** Waits for the end of an import. */
export function ended(shop: Pick<TestShop, "call">, importId: string) {
  return eventually(async () => {
    const found = await shop.call("catalog.getImport", { importId });
    if (!["finished", "failed"].includes(found.status)) throw new Error(`The import is ${found.status}.`);
    return found;
  });
}

/** Uploads a file and waits for the end of its import. */
export async function importFile(...args: Parameters<typeof upload>) {
  return ended(args[0], await upload(...args));
}

/** The whole file of an export. */
export async function exportFile(
  shop: Pick<TestShop, "call">,
  params: { format?: "csv" | "shopify"; currency?: string } = {},
): Promise<string> {
  const chunks: Buffer[] = [];
  let next: string | undefined;
  do {
    const chunk = await shop.call("catalog.exportProducts", { ...params, ...(next !== undefined && { next }) });
    chunks.push(Buffer.from(chunk.base64, "base64"));
    next = chunk.next;
  } while (next !== undefined);
  return Buffer.concat(chunks).toString("utf8");
}

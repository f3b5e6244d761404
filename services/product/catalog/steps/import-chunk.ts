import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { minorDigits, toMinor } from "#lib/contract/money.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { lockCatalogue, lookUp } from "../catalog.store.ts";
import type { Draft, RowFault } from "../domain/import/draft.ts";
import type { Format, ReadSettings } from "../domain/import/formats.ts";
import type { RowGroup } from "../domain/import/gather.ts";
import type { ImportSettings } from "../domain/import/import.ts";
import { type Judged, judge, typed, withoutConflicts } from "../domain/import/judge.ts";
import { catalogLimits } from "../domain/limits.ts";
import { type Product, planWrites } from "../domain/product.ts";
import * as store from "../import.store.ts";
import type { CatalogDeps } from "../setup.ts";
import { addTaxonomy } from "./add-taxonomy.ts";
import type { Chunk } from "./read-file.ts";
import { hasPrices, sendPrices, storedBySlug, writeProducts } from "./write-products.ts";

type Context = ServiceContext<CatalogDeps> & Transactions;

interface FileImport {
  importId: string;
  settings: ImportSettings;
  format: Format;
}

/** Another worker has imported this chunk meanwhile. */
export class ImportedElsewhere extends Error {
  override readonly name = "ImportedElsewhere";
}

/**
 * Imports a chunk of a file: its products, its faults and the import's progress in one transaction, so that each row is
 * imported once whatever happens.
 * @throws ImportedElsewhere
 */
export async function importChunk(ctx: Context, imported: FileImport, chunk: Chunk): Promise<void> {
  const { importId, settings } = imported;
  const read = chunk.groups.map((group) => readGroup(group, imported));
  const drafts = read.map((reading) => (Array.isArray(reading) ? undefined : reading));
  await addTaxonomy(
    ctx,
    drafts.filter((draft) => draft !== undefined),
    settings.create,
  );
  // As in a batch: a refused product must not change the price of another product's sku, so conflicts are looked for first.
  if (drafts.some((draft) => draft && hasPrices(draft))) {
    const { judged } = await judgeNow(ctx.db, importId, drafts);
    await sendPrices(
      ctx,
      judged.candidates.map(({ draft }) => draft),
    );
  }
  await ctx.deps.batches.run(() =>
    ctx.transaction(async (tx) => {
      await lockCatalogue(tx);
      if (!(await store.isAt(tx, importId, chunk.from)))
        throw new ImportedElsewhere("This chunk was imported already.");
      const { judged, stored } = await judgeNow(tx, importId, drafts);
      const products = judged.candidates.map(({ facts }) => facts);
      const byId = new Map([...stored.values()].map((product) => [product.productId, product]));
      await writeProducts(ctx, tx, planWrites(products, byId), ctx.now());
      await record(tx, importId, chunk, read, judged);
      tx.afterCommit(() => ctx.signal("catalog.importChanged", { importId }));
    }),
  );
}

async function judgeNow(
  db: Queryable,
  importId: string,
  drafts: readonly (Draft | undefined)[],
): Promise<{ judged: Judged; stored: Map<string, Product> }> {
  const slugs = drafts.flatMap((draft) => draft?.slug ?? []);
  const stored = await storedBySlug(db, slugs);
  const seen = await store.seenProducts(db, importId, slugs);
  const judged = judge(drafts, { stored, seen, newId: () => newId("product") });
  const found = await lookUp(
    db,
    judged.candidates.map(({ facts }) => facts),
  );
  const candidates = typed(judged.candidates, found);
  return { judged: withoutConflicts({ ...judged, candidates }, found), stored };
}

/** Writes what has become of the rows of a chunk. */
async function record(
  tx: Transaction,
  importId: string,
  chunk: Chunk,
  read: readonly (Draft | RowFault[])[],
  judged: Judged,
): Promise<void> {
  const faults = read.flatMap((reading, at) => (Array.isArray(reading) ? reading : (judged.faults.get(at) ?? [])));
  const written = new Set(judged.candidates.map(({ index }) => index));
  const rowsOf = (isWritten: boolean) =>
    chunk.groups.reduce((sum, { count }, at) => (written.has(at) === isWritten ? sum + count : sum), 0);
  const problem = chunk.end?.problem ?? null;
  await store.advance(tx, importId, chunk.from, chunk.to, {
    done: rowsOf(true),
    failed: rowsOf(false),
    status: chunk.end ? (problem === null ? "finished" : "failed") : "running",
    problem,
  });
  store.addErrors(tx, importId, faults.map(shortened), catalogLimits.IMPORT_ERRORS);
  if (chunk.end) store.deleteWorkingData(tx, importId);
  else
    store.addSeenProducts(tx, importId, [
      ...new Set(read.flatMap((reading) => (Array.isArray(reading) ? [] : [reading.slug]))),
    ]);
}

/** The database stores no U+0000, and a message may quote the file. */
function shortened({ row, message }: RowFault): RowFault {
  return { row, message: message.replaceAll("\0", "\uFFFD").slice(0, catalogLimits.IMPORT_ERROR_CHARS) };
}

/** @returns what the rows of a product say, or what is wrong with them */
function readGroup(group: RowGroup, { format, settings }: FileImport): Draft | RowFault[] {
  const broken = group.rows.find(({ cells }) => cells.some((cell) => cell.includes("\0")));
  const faults = [...group.faults, ...(broken ? [{ row: broken.row, message: "contains U+0000" }] : [])];
  if (faults.length > 0) return faults;
  const reading = format.read(group, readSettings(settings));
  return reading.kind === "draft" ? reading.draft : reading.faults;
}

function readSettings({ currency, maySetPrices }: ImportSettings): ReadSettings {
  return {
    currency,
    priceFault: (amount, ofPrice) =>
      maySetPrices ? faultOfAmount(amount, ofPrice) : "can be set only by staff with pricing:write",
  };
}

function faultOfAmount(amount: number, currency: string): string | undefined {
  try {
    minorDigits(currency);
    toMinor(amount, currency);
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error.message;
    throw error;
  }
}

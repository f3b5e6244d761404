import { workQueue } from "#mixins/service/work-queue.ts";
import { formatOf } from "../domain/import/header.ts";
import { catalogLimits } from "../domain/limits.ts";
import { findImport } from "../import.store.ts";
import type { CatalogDeps } from "../setup.ts";
import { importChunk } from "../steps/import-chunk.ts";
import { chunksOf } from "../steps/read-file.ts";

/** An import that goes on where it is. Each round is an item of its own, so that one file does not hold a worker for long. */
interface Round {
  importId: string;
  round: number;
}

interface RoundResult {
  isOver: boolean;
}

export const imports = workQueue<Round, RoundResult, CatalogDeps>({
  name: "import",
  table: "import_work",
  bounds: catalogLimits.IMPORT_WORK,
  attempt: async (ctx, { payload: { importId } }, signal) => {
    const found = await findImport(ctx.db, importId);
    if (!found || !["waiting", "running"].includes(found.status)) return { isOver: true };
    const { settings, readBytes, lastRow, bytes } = found;
    const format = formatOf(settings.names);
    if (!format || "fault" in format) throw new Error(`The header of the import ${importId} is not known any more.`);
    const until = performance.now() + catalogLimits.IMPORT_ROUND_MS;
    const file = { importId, format, delimiter: settings.delimiter, bytes };
    for await (const chunk of chunksOf(ctx.db, file, { at: readBytes, row: lastRow })) {
      await importChunk(ctx, { importId, settings, format }, chunk);
      if (chunk.end) return { isOver: true };
      if (signal.aborted || performance.now() > until) break;
    }
    return { isOver: false };
  },
  settle: async (ctx, tx, finished) => {
    for (const { item, result } of finished)
      if (!result.isOver) imports.enqueue({ db: ctx.db, cause: item.cause }, tx, [nextRound(item.payload)]);
  },
});

export const firstRound = (importId: string) => roundOf({ importId, round: 1 });

function nextRound({ importId, round }: Round) {
  return roundOf({ importId, round: round + 1 });
}

function roundOf(payload: Round) {
  return { workId: `${payload.importId}/${payload.round}`, payload };
}

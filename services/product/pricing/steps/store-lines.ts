import { setImmediate as nextTurn } from "node:timers/promises";
import type { Queryable } from "#lib/sql/transaction.ts";
import { DEFAULT_CURRENCY, pricingLimits } from "../contract.ts";
import { linesOf, PartReader, type StreamedPrice } from "../domain/price-stream.ts";
import type { StreamCounts } from "../domain/stream-actions.ts";
import { clockOf } from "../price-stream.store.ts";
import { type StreamContext, storePrices } from "./store-stream.ts";

const NOTHING: StreamCounts = { lines: 0, accepted: 0, unchanged: 0, rejected: [], rejectedTotal: 0 };

/**
 * Stores the lines of a part of a price stream. When it returns, they are committed.
 * @param before what the parts before have come to
 * @param defaultAt the time of lines that do not say theirs, in milliseconds since 1970; absent: their arrival
 */
export async function storeLines(
  ctx: StreamContext & { db: Queryable },
  text: string,
  { before = NOTHING, defaultAt }: { before?: StreamCounts; defaultAt?: number } = {},
): Promise<StreamCounts> {
  const nowMs = await clockOf(ctx.db);
  const { STREAM_AHEAD_MS: aheadMs, STREAM_REJECTED_SHOWN: shown, STREAM_SLICE_LINES } = pricingLimits;
  const clock = { nowMs, aheadMs, ...(defaultAt === undefined ? {} : { defaultAt: Math.min(defaultAt, nowMs) }) };
  const reader = new PartReader(clock, DEFAULT_CURRENCY, before.lines, shown - before.rejected.length);
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop(); // what follows the end of the last line
  for (const [index, line] of lines.entries()) {
    if (index > 0 && index % STREAM_SLICE_LINES === 0) await nextTurn();
    reader.read(line);
  }
  const { changed, unchanged, unknown } = await storePrices(ctx, reader.prices);
  const notSold = unknown.flatMap((price) =>
    linesOf(price).map((line) => ({ line, message: `${price.sku} is not a variant of any product` })),
  );
  const rejected = [...reader.rejected, ...notSold].sort((a, b) => a.line - b.line);
  return {
    lines: reader.lines,
    accepted: before.accepted + countLines(changed),
    unchanged: before.unchanged + countLines(unchanged),
    rejected: [...before.rejected, ...rejected].slice(0, shown),
    rejectedTotal: before.rejectedTotal + reader.rejectedTotal + notSold.length,
  };
}

const countLines = (prices: readonly StreamedPrice[]) =>
  prices.reduce((sum, { furtherLines }) => sum + 1 + (furtherLines?.length ?? 0), 0);

import { hundredths, type Percentiles, percentiles } from "#tools/replay/percentiles.ts";
import type { Window } from "./window.ts";

/** A rate measured in several windows. */
export interface Rate {
  /** The median of the windows. */
  perSecond: number;
  windows: number[];
}

/** One figure of the shop beside the limit it was measured with. */
export interface Figure extends Rate, Percentiles {
  name: string;
  unit: string;
  clients: number;
  limit: Rate & { name: string };
  /** Shop ÷ limit, to three digits. */
  ratio: number;
  /** CPU of the load generator while the shop was measured, in cores: near 1 it is what was measured. */
  loadCores: number;
}

/** The middle value; of an even number of values the mean of the two in the middle. 0 when there are none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

export function rateOf(windows: readonly Window[]): Rate {
  const rates = windows.map(({ done, seconds }) => hundredths(done / seconds));
  return { perSecond: hundredths(median(rates)), windows: rates };
}

export function figureOf(
  { name, unit, clients, limit }: { name: string; unit: string; clients: number; limit: string },
  shopWindows: readonly Window[],
  limitWindows: readonly Window[],
): Figure {
  const rate = rateOf(shopWindows);
  const limitRate = rateOf(limitWindows);
  return {
    name,
    unit,
    clients,
    ...rate,
    ...percentiles(shopWindows.flatMap(({ durationsMs }) => durationsMs)),
    limit: { name: limit, ...limitRate },
    ratio: Number((rate.perSecond / limitRate.perSecond).toPrecision(3)),
    loadCores: hundredths(median(shopWindows.map(({ cpuSeconds, seconds }) => cpuSeconds / seconds))),
  };
}

/** A Markdown table whose columns also line up on a terminal; numbers to the right. */
export function markdownTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map((row) =>
    row.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en", { maximumSignificantDigits: 6 }) : cell)),
  );
  const right = header.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
  const widths = header.map((name, column) =>
    Math.max(name.length, 4, ...texts.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = widths.map((width, column) => {
      const cell = cells[column] ?? "";
      return right[column] ? cell.padStart(width) : cell.padEnd(width);
    });
    return `| ${padded.join(" | ")} |`;
  };
  const rule = widths.map((width, column) => (right[column] ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  return [line(header), line(rule), ...texts.map(line)].join("\n");
}

export function figuresTable(figures: readonly Figure[]): string {
  return markdownTable(
    ["what", "clients", "per second", "p50 ms", "p95 ms", "p99 ms", "limit", "limit per second", "ratio", "load cores"],
    figures.map((figure) => [
      `${figure.name} (${figure.unit})`,
      figure.clients,
      figure.perSecond,
      figure.p50Ms,
      figure.p95Ms,
      figure.p99Ms,
      figure.limit.name,
      figure.limit.perSecond,
      figure.ratio,
      figure.loadCores,
    ]),
  );
}

import { readFileSync } from "node:fs";
import { hundredths } from "#tools/replay/percentiles.ts";
import { markdownTable } from "./figures.ts";
import type { Goods } from "./prepare.ts";
import { nodeProcessesOf } from "./processes.ts";
import type { StreamJob } from "./stream-load.ts";
import type { Window } from "./window.ts";
import type { Worker } from "./worker.ts";

const LINES = 1_000_000;
const LOOK_MS = 50;
const MOST_SECONDS = 300;
const BYTES_PER_MB = 1_048_576;
const PAGE_BYTES = 4_096;

/** One request with a million prices, and the memory of the shop's processes (RSS without Postgres, in MB) around it. */
export interface LongStream {
  lines: number;
  perSecond: number;
  beforeMb: number;
  mostMb: number;
  afterMb: number;
}

/** @param pid of the process below which the shop's are */
export async function measureLongStream({
  url,
  pid,
  goods,
  stream,
}: {
  url: string;
  pid: number;
  goods: Goods;
  stream: Worker<StreamJob, Window>;
}): Promise<LongStream> {
  const memory = () => nodeProcessesOf(pid).reduce((sum, id) => sum + residentMb(id), 0);
  const ask = (lines: number, token: string) =>
    stream.ask({ kind: "once", url, seconds: MOST_SECONDS, token, lines, skus: goods.skus });
  await ask(LINES / 10, await goods.staffToken()); // compiled functions and full buffers are there before, too
  const beforeMb = memory();
  let mostMb = beforeMb;
  const looking = setInterval(() => {
    mostMb = Math.max(mostMb, memory());
  }, LOOK_MS);
  try {
    const { done, seconds } = await ask(LINES, await goods.staffToken());
    return { lines: LINES, perSecond: hundredths(done / seconds), beforeMb, mostMb, afterMb: memory() };
  } finally {
    clearInterval(looking);
  }
}

export function longStreamTable({ lines, perSecond, beforeMb, mostMb, afterMb }: LongStream): string {
  return markdownTable(
    ["prices in one request", "per second", "MB before", "most MB meanwhile", "MB after"],
    [[lines, perSecond, Math.round(beforeMb), Math.round(mostMb), Math.round(afterMb)]],
  );
}

function residentMb(pid: number): number {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * PAGE_BYTES) / BYTES_PER_MB;
  } catch {
    return 0; // it has ended
  }
}

/** `CATALOG_PUBLICATION=drafts npm run bench -- --products 100000`: publications and rollbacks of a large catalogue. */
import { setTimeout as sleep } from "node:timers/promises";
import { HttpClient } from "#tools/replay/http.ts";
import { asObjects } from "#tools/replay/json.ts";
import { percentiles } from "#tools/replay/percentiles.ts";
import { ApiError, call } from "./api.ts";
import { markdownTable } from "./figures.ts";

const POLL_MS = 100;
const PUBLISH_MS = 1_800_000;
/** There and back, between a version with all products and one with few. */
const ROLLBACKS = 20;

export interface VersionFigures {
  /** Products that the publication changed, and the time until the shop showed them. */
  changes: number;
  seconds: number;
  rollbacks: { p50Ms: number; p95Ms: number; p99Ms: number };
}

interface Staff {
  url: string;
  token(): Promise<string>;
}

/** Publishes the draft and waits until the shop shows it. @returns undefined for a shop without drafts */
export async function publishAll(staff: Staff): Promise<Omit<VersionFigures, "rollbacks"> | undefined> {
  return withClient(staff, async (send) => {
    const began = performance.now();
    try {
      const { version, changes } = await send("POST", "/publications", {});
      while (performance.now() - began < PUBLISH_MS) {
        const [newest] = asObjects((await send("GET", "/publications?limit=1")).publications);
        if (newest?.version === version && newest?.state === "published")
          return { changes: Number(changes), seconds: (performance.now() - began) / 1_000 };
        await sleep(POLL_MS);
      }
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) return undefined;
      throw error;
    }
    throw new Error("The publication was not shown in time.");
  });
}

/** Goes to the version before and back again, many times. */
export async function measureRollbacks(staff: Staff): Promise<VersionFigures["rollbacks"]> {
  return withClient(staff, async (send) => {
    const publications = asObjects((await send("GET", "/publications?limit=2")).publications);
    const durations: number[] = [];
    for (let times = 0; times < ROLLBACKS; times += 1) {
      const { version } = publications[(times + 1) % 2] ?? {};
      const began = performance.now();
      await send("POST", `/publications/${version}/rollback`, {});
      durations.push(performance.now() - began);
    }
    return percentiles(durations);
  });
}

async function withClient<T>(
  { url, token }: Staff,
  work: (send: (method: "GET" | "POST", path: string, body?: object) => ReturnType<typeof call>) => Promise<T>,
): Promise<T> {
  const http = new HttpClient(url, 1);
  try {
    return await work(async (method, path, body) =>
      call(http, { method, path: `/api/v1${path}`, ...(body && { body }) }, await token()),
    );
  } finally {
    http.close();
  }
}

export function versionsTable({ changes, seconds, rollbacks }: VersionFigures): string {
  return markdownTable(
    ["versions", "p50 ms", "p95 ms", "p99 ms"],
    [
      [`publication of ${changes.toLocaleString("en")} products, until it is shown`, seconds * 1_000, "", ""],
      ["rollback of all of them", rollbacks.p50Ms, rollbacks.p95Ms, rollbacks.p99Ms],
    ],
  );
}

/** The load of price streams: a process that sends them, and reads what they change. See `StreamJob`. */
import { request } from "node:http";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { runWindow, type Window } from "./window.ts";
import { answerJobs } from "./worker.ts";

/** Lines of one request; a request does not end in the middle of a window's last second for long. */
const REQUEST_LINES = 50_000;
/** What a chunk of a body holds, roughly. */
const CHUNK_LINES = 1_000;
/** Between two looks at a price that has not changed yet, in milliseconds. */
const LOOK_MS = 1;
const LAST_LOOK_MS = 10_000;

export type StreamJob =
  /** Streams in which every line changes a price, `clients` side by side, one after the other. */
  | { kind: "flow"; url: string; seconds: number; token: string; clients: number; skus: string[] }
  /** While such streams flow: a price is set by a stream of its own, and read until it shows. Durations are from sending to seeing. */
  | { kind: "seen"; url: string; seconds: number; token: string; clients: number; skus: string[] }
  /** One request with so many lines. */
  | { kind: "once"; url: string; seconds: number; token: string; lines: number; skus: string[] };

async function work(job: StreamJob): Promise<Window> {
  if (job.kind === "once") return sendOnce(job);
  if (job.kind === "flow")
    return runWindow(job.clients, job.seconds, () => send(job, linesOf(job.skus, REQUEST_LINES)));
  const [watched = "", ...others] = job.skus;
  const flowing = runWindow(job.clients, job.seconds, () => send(job, linesOf(others, REQUEST_LINES)));
  const window = await runWindow(1, job.seconds, () => changeAndSee(job, watched));
  await flowing;
  return window;
}

/** A failure is thrown, and not counted: there is nothing else to measure. */
async function sendOnce(job: { url: string; token: string; lines: number; skus: string[] }): Promise<Window> {
  const began = performance.now();
  const done = await send(job, linesOf(job.skus, job.lines));
  return { done, seconds: (performance.now() - began) / 1_000, durationsMs: [], cpuSeconds: 0 };
}

let round = 0;

/** Each sku in turn, so that no two lines of a part are about the same price, and always with another price. */
function* linesOf(skus: readonly string[], count: number): Generator<string> {
  let chunk: string[] = [];
  for (let line = 0; line < count; line += 1) {
    const at = line % skus.length;
    if (at === 0) round += 1;
    chunk.push(`{"sku":"${skus[at]}","currency":"USD","amount":${(1_000 + (round % 1_000)) / 100}}\n`);
    if (chunk.length === CHUNK_LINES) {
      yield chunk.join("");
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk.join("");
}

/** @returns how many prices were stored, each of which has changed @throws Error when one has not */
async function send({ url, token }: { url: string; token: string }, body: Iterable<string>): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/x-ndjson" };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const sending = request(`${url}/api/v1/prices:stream`, { method: "POST", headers }, (response) => {
    const pieces: Buffer[] = [];
    response.on("data", (piece: Buffer) => pieces.push(piece));
    response.on("error", reject);
    response.on("end", () => resolve(`${response.statusCode} ${Buffer.concat(pieces).toString()}`));
  });
  sending.on("error", reject);
  Readable.from(body).pipe(sending);
  const answer = await promise;
  if (!answer.startsWith("200 ")) throw new Error(`a price stream was answered with ${answer.slice(0, 300)}`);
  const { accepted, unchanged, rejectedTotal } = JSON.parse(answer.slice(4));
  if (unchanged + rejectedTotal > 0)
    throw new Error(`${unchanged + rejectedTotal} lines of a price stream changed nothing`);
  return accepted;
}

async function changeAndSee(job: { url: string; token: string }, sku: string): Promise<number> {
  round += 1;
  const amount = (1_000 + (round % 1_000)) / 100;
  await send(job, [`{"sku":"${sku}","currency":"USD","amount":${amount}}\n`]);
  const end = performance.now() + LAST_LOOK_MS;
  for (;;) {
    const read = await fetch(`${job.url}/api/v1/prices/${sku}`);
    if (((await read.json()) as { amount: number }).amount === amount) return 1;
    if (performance.now() > end) throw new Error("a changed price was not seen");
    await sleep(LOOK_MS);
  }
}

answerJobs(work);

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { check, type Fault, type FaultContext } from "../fault.ts";
import type { OpenReport } from "../load-open.ts";
import { medianMs, probe, probing } from "../probe.ts";
import { untilIdle } from "../quiet.ts";

const GENERATOR = resolve(import.meta.dirname, "../load-open.ts");
const RATES = { short: [200], full: [100, 200, 400] }; // orders a second, to find out what it can take
const SEARCH_SECONDS = { short: 2, full: 4 };
const SECONDS = { short: 1.5, full: 6 };
const ROUNDS = { short: 1, full: 3 };
const WARM_MS = { short: 0, full: 8_000 }; // nodes are slow right after their start
const QUIET_MS = 60_000;
const TIMES = 10;
const GOODPUT = 0.8;
const REFUSED_MS = 100; // for 85 % of the refusals
const UNHEARD = 0.02; // of all requests: connections for which the kernel's queue had no room
const NORMAL_WITHIN_MS = 30_000;
const MEMORY_MB = 700;
const GATEWAY = "shop-1";

export const overload: Fault = {
  name: "F12",
  title: "ten times the load it can take",
  async run(scene) {
    const { cluster, load, dose, note } = scene;
    load.start();
    await sleep(WARM_MS[dose]);
    await load.stop();
    const before = await latency(scene);
    let peak = { rate: 0, goodput: 0 };
    for (const rate of RATES[dose]) {
      const { goodput } = await generate(scene, rate, SEARCH_SECONDS[dose]);
      note(`${rate} orders a second wanted, ${goodput} served`);
      if (goodput >= peak.goodput) peak = { rate, goodput };
    }
    const seconds = SECONDS[dose];
    const rate = peak.goodput * TIMES;
    // What the machine gives changes from minute to minute, so the measure is taken before and after each.
    const calm = [await generate(scene, peak.rate, seconds)];
    const reports: OpenReport[] = [];
    const waits: CoreTime[] = [];
    for (let round = 0; round < ROUNDS[dose]; round++) {
      const began = coreTime(cluster.node(GATEWAY).pid);
      const report = await generate(scene, rate, seconds);
      waits.push(timeSince(began, cluster.node(GATEWAY).pid));
      note(`${rate} orders a second wanted, ${report.goodput} served: ${JSON.stringify(report.byStatus)}`);
      reports.push(report);
      calm.push(await generate(scene, peak.rate, seconds));
    }
    const goodput = mean(reports, ({ goodput }) => goodput);
    const usual = mean(calm, ({ goodput }) => goodput);
    const share = mean(reports, (one) => perCore(one, seconds)) / mean(calm, (one) => perCore(one, seconds));
    const sent = sum(reports, ({ sent }) => sent);
    const accepted = sum(reports, ({ byStatus }) => byStatus["201"] ?? 0);
    const refused = sum(reports, ({ byStatus }) => byStatus["503"] ?? 0); // a 429 of the rate limit would say nothing
    const late = sum(reports, ({ refusedLate }) => refusedLate);
    const silent = sum(reports, ({ refusedWithoutRetryAfter }) => refusedWithoutRetryAfter);
    const typical = Math.max(...reports.map(({ refusedMs }) => refusedMs.p50));
    const nearlyAll = mean(reports, ({ refusedMs }) => refusedMs.p85);
    const slower = slowdown(waits);
    const memory = Math.max(...cluster.nodes.map(({ pid }) => highWaterMb(pid)));
    const normal = await untilNormal(scene, before);
    return [
      check(
        share >= GOODPUT || dose === "short",
        `goodput ${Math.round(goodput)} a second under ${rate}, ${Math.round((100 * goodput) / usual)} % of the ${Math.round(usual)} at its peak, ${Math.round(100 * share)} % of it on the cores that the generator leaves`,
      ),
      check(
        sent - accepted - refused <= UNHEARD * sent,
        `of ${sent} ${accepted} accepted, ${refused} refused, ${sent - accepted - refused} unheard`,
      ),
      check(
        (nearlyAll <= REFUSED_MS * slower || dose === "short") && silent === 0,
        `refused within ${typical} ms (p50) and ${Math.round(nearlyAll)} ms (p85) by a gateway that waited for a core so long that all it does took ${slower.toFixed(1)} times as long; ${Math.round((100 * late) / refused)} % later than 100 ms, ${silent} without Retry-After`,
      ),
      check(memory < MEMORY_MB, `the largest node took ${memory} MB at most`),
      check(normal < NORMAL_WITHIN_MS, `normal ${(normal / 1_000).toFixed(1)} s later`),
    ];
  },
};

function sum(reports: readonly OpenReport[], of: (report: OpenReport) => number): number {
  return reports.reduce((total, report) => total + of(report), 0);
}

function mean(reports: readonly OpenReport[], of: (report: OpenReport) => number): number {
  return sum(reports, of) / reports.length;
}

/** In a process of its own, so that its rate is exact; the work of the previous run is finished before. */
async function generate({ cluster, load }: FaultContext, rate: number, seconds: number): Promise<OpenReport> {
  await untilIdle(cluster, QUIET_MS);
  const url = `http://127.0.0.1:${cluster.node(GATEWAY).plan.port}`;
  // So many customers that none of them reaches the rate limit, which would refuse what the shop has room for.
  const tokens = load.shoppers.map(({ caller }) => caller.token).join(",");
  const args = [GENERATOR, "--url", url, "--rate", String(rate), "--seconds", String(seconds), "--tokens", tokens];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: (seconds + 30) * 1_000 });
  return JSON.parse(stdout) as OpenReport;
}

/** Requests served per core that the load generator, which shares the cores, has left to the shop. */
function perCore({ goodput, cpuSeconds }: OpenReport, seconds: number): number {
  return goodput / (availableParallelism() - cpuSeconds / seconds);
}

/** How long the main thread of a process has run, and how long it could have run but had no core. Nanoseconds. */
interface CoreTime {
  running: number;
  waiting: number;
}

/** @returns zeros where the system does not tell */
function coreTime(pid: number | undefined): CoreTime {
  try {
    const [running = 0, waiting = 0] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8")
      .split(" ")
      .map(Number);
    return { running, waiting };
  } catch {
    return { running: 0, waiting: 0 };
  }
}

function timeSince(began: CoreTime, pid: number | undefined): CoreTime {
  const now = coreTime(pid);
  return { running: now.running - began.running, waiting: now.waiting - began.waiting };
}

/** How many times longer everything takes because a process has to wait for a core; 1 when it has one to itself. */
function slowdown(times: readonly CoreTime[]): number {
  const total = (key: keyof CoreTime) => times.reduce((sum, time) => sum + time[key], 0);
  return total("running") > 0 ? 1 + total("waiting") / total("running") : 1;
}

async function latency({ cluster, load, random }: FaultContext): Promise<number> {
  const shopper = random.of(load.shoppers);
  const order = () => ({ ...shopper.orderRequest(random.of(load.goods)), token: shopper.caller.token });
  return medianMs(await probing(cluster.balancer.gateway(GATEWAY), order, 1_500, 20));
}

/** @returns milliseconds until orders are taken again as fast as before, within a factor of three */
async function untilNormal(scene: FaultContext, before: number): Promise<number> {
  const { cluster, load, random } = scene;
  const shopper = random.of(load.shoppers);
  const began = performance.now();
  while (performance.now() - began < NORMAL_WITHIN_MS) {
    const request = { ...shopper.orderRequest(random.of(load.goods)), token: shopper.caller.token };
    const { status, ms } = await probe(cluster.balancer.gateway(GATEWAY), request);
    if (status === 201 && ms <= 3 * before) return performance.now() - began;
    await sleep(100);
  }
  return NORMAL_WITHIN_MS;
}

function highWaterMb(pid: number | undefined): number {
  if (pid === undefined) return 0;
  const kb = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(kb) / 1_024);
}

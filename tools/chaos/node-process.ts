import type { ChildProcess } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { end, hasExited, spawnSupervised } from "#lib/dev-postgres/supervised-process.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const RUNNER = join(ROOT, "node_modules/.bin/moleculer-runner");
const START_MS = 60_000; // 2 s alone; a dozen processes fight over two cores here
const STOP_MS = 20_000; // a node takes up to ten seconds to finish what it has begun
const KILL_MS = 5_000;
const POLL_MS = 20;
const REVIVE_MS = 300; // the delay of a supervisor before it restarts a process

export interface NodePlan {
  name: string;
  /** What the runner is given to load. */
  folders: readonly string[];
  /** Where it answers HTTP; gateways only. */
  port?: number;
}

/** How one start of a node differs from the usual: fail points, a mutant, a wrong clock, a bad network. */
export interface Life {
  /** A command in front of the node's own, such as for another network namespace. */
  within?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Modules that are loaded before anything else. */
  preload?: readonly string[];
}

/** One node of the cluster under test: a process that is restarted when it ends, as by a supervisor. */
export class NodeProcess {
  readonly plan: NodePlan;
  readonly #env: Readonly<Record<string, string>>;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  #life: Life = {};
  #usual: Life = {};
  #wanted = false;
  #up = false;
  readonly #ends: string[];
  /** Fail points that killed it. */
  readonly failPoints: string[] = [];

  /** @param ends where ends that nobody asked for are written down, with their reason */
  constructor(plan: NodePlan, env: Readonly<Record<string, string>>, logFile: string, ends: string[]) {
    this.plan = plan;
    this.#env = env;
    this.#logFile = logFile;
    this.#ends = ends;
  }

  get name(): string {
    return this.plan.name;
  }

  get up(): boolean {
    return this.#up;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Sets the options of its next starts. */
  usually(life: Life): void {
    this.#usual = life;
  }

  /** Starts it, to be started again whenever it dies; resolves when its services have started. */
  async start(life: Life = this.#usual): Promise<void> {
    this.#wanted = true;
    this.#life = life;
    if (!this.#child) this.#spawn();
    await this.ready();
  }

  /** However often it is restarted meanwhile. */
  async ready(): Promise<void> {
    const deadline = performance.now() + START_MS;
    while (!this.#up) {
      if (performance.now() > deadline)
        throw new Error(`${this.name} is not up after ${START_MS} ms; see ${this.#logFile}`);
      await sleep(POLL_MS);
    }
  }

  /** Sends SIGKILL; the supervisor starts it again. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Ends for good, until `start`. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    this.#wanted = false;
    const child = this.#child;
    if (!child) return;
    await end(child, [
      { signal, ms: STOP_MS },
      { signal: "SIGKILL", ms: KILL_MS },
    ]);
  }

  async restart(signal: "SIGTERM" | "SIGKILL", life: Life = this.#usual): Promise<void> {
    await this.stop(signal);
    await this.start(life);
  }

  /** Resolves with true when the process ended within the time. */
  async ended(ms: number): Promise<boolean> {
    return this.#child ? hasExited(this.#child, ms) : true;
  }

  #spawn(): void {
    const { within = [], env = {}, preload = [] } = this.#life;
    const { PATH = "", HOME = "" } = process.env;
    const command = [
      ...within,
      process.execPath,
      "--no-warnings",
      ...preload.flatMap((module) => ["--import", module]),
      RUNNER,
      "--config",
      "moleculer.config.ts",
      "--mask",
      "**/*.service.ts",
      ...this.plan.folders,
    ];
    const child = spawnSupervised(command, { signal: "SIGTERM", cwd: ROOT, env: { PATH, HOME, ...this.#env, ...env } });
    child.ref(); // the run must not end before its nodes
    this.#child = child;
    for (const input of [child.stdout, child.stderr]) {
      if (input) createInterface({ input }).on("line", (line) => this.#heard(line));
    }
    child.once("exit", (code, signal) => this.#ended(code, signal));
  }

  #revive(): void {
    if (!this.#wanted || this.#child) return;
    this.#life = this.#usual;
    this.#spawn();
  }

  #heard(line: string): void {
    appendFileSync(this.#logFile, `${line}\n`);
    if (line.includes("This node is up.")) this.#up = true;
    const failPoint = /fail point (\S+): kill/.exec(line)?.[1];
    if (failPoint) this.failPoints.push(failPoint);
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    appendFileSync(this.#logFile, `--- ended: ${signal ?? `code ${code}`}\n`);
    this.#child = undefined;
    this.#up = false;
    if (!this.#wanted) return;
    if (signal !== "SIGKILL") this.#ends.push(`${this.name}: ${signal ?? `code ${code}`}`);
    setTimeout(() => this.#revive(), REVIVE_MS);
  }
}

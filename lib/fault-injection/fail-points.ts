import { writeSync } from "node:fs";
import { StartupError } from "#lib/startup-error.ts";

/** What a service does that a crash can cut in two. Operators see it as the service's metadata in Moleculer's registry. */
export interface FaultBoundaries {
  /** Events it publishes: `orders.OrderCreated`. */
  publishes: readonly string[];
  /** Events it consumes, by the same names. */
  consumes: readonly string[];
  /** Actions, jobs and other work of its own that runs in transactions: `create`, `sweep-deadlines`. */
  commits: readonly string[];
  /** What it asks an outside provider for. */
  asks: readonly string[];
  jobs: readonly string[];
}

const BOUNDARIES = {
  publishes: ["before-publish", "after-publish"],
  consumes: ["before-inbox", "after-inbox", "before-commit", "after-commit", "before-ack", "after-ack"],
  commits: ["before-commit", "after-commit"],
  // To throw at the last one has a provider that can do so keep a failure under the key: it repeats it from then on.
  asks: ["before-provider", "after-provider", "provider-keeps-failure"],
} as const;

type Boundary = (typeof BOUNDARIES)[keyof typeof BOUNDARIES][number];

/** Whose boundary is reached: `orders.create`, or each of the events of one batch, once: `orders.PaymentAuthorized`. */
export type Scope = string | ReadonlySet<string>;

/** The names of a service's fail points: `<service>.<what>.<boundary>`. */
export function failPointsOf(service: string, doings: FaultBoundaries): string[] {
  const kinds = Object.keys(BOUNDARIES) as (keyof typeof BOUNDARIES)[];
  return kinds.flatMap((kind) =>
    doings[kind].flatMap((name) => {
      const what = name.slice(name.lastIndexOf(".") + 1); // an event's name without its publisher
      return BOUNDARIES[kind].map((boundary) => `${service}.${what}.${boundary}`);
    }),
  );
}

type Action = "kill" | "throw" | "hang";

interface Plan {
  action: Action;
  timesLeft: number;
}

/** A failure on purpose. */
export class FailPointError extends Error {
  override name = "FailPointError";

  constructor(point: string) {
    super(`The fail point ${point} was reached.`);
  }
}

/**
 * Named places at which this process can be made to fail: `orders.create.before-commit:kill`. `kill` ends it as a power
 * cut does, `throw` fails what is going on there, `hang` never comes back; `*3` does so the first three times only.
 */
export class FailPoints {
  readonly #known: ReadonlySet<string>;
  readonly #plans = new Map<string, Plan>();
  readonly #kill: () => void;

  /**
   * @param known all names there are
   * @param kill what tests of this class replace
   * @throws StartupError when the setting names no known fail point or no action
   */
  constructor(setting: string, known: Iterable<string>, kill: () => void = killThisProcess) {
    this.#known = new Set(known);
    this.#kill = kill;
    for (const part of setting.split(",")) {
      const { name, ...plan } = parse(part.trim());
      if (!this.#known.has(name))
        throw new StartupError(`FAILPOINT: there is no ${name}; node tools/chaos/fail-points.ts lists all there are`);
      this.#plans.set(name, plan);
    }
  }

  /** Does what was planned for this place, if anything. @throws Error when the place is not in the list */
  async reach(boundary: Boundary, scope: Scope): Promise<void> {
    for (const what of typeof scope === "string" ? [scope] : scope) {
      const name = `${what}.${boundary}`;
      if (!this.#known.has(name)) throw new Error(`The fail point ${name} was reached, and no service lists it.`);
      const plan = this.#plans.get(name);
      if (!plan || plan.timesLeft === 0) continue;
      plan.timesLeft -= 1;
      await this.#act(name, plan.action);
    }
  }

  #act(name: string, action: Action): Promise<void> {
    switch (action) {
      case "throw":
        throw new FailPointError(name);
      case "hang":
        say(name, action);
        return new Promise(() => {});
      case "kill":
        say(name, action);
        this.#kill();
        return new Promise(() => {});
      default:
        return action satisfies never;
    }
  }
}

function parse(part: string): Plan & { name: string } {
  const [, name, action, times] = /^([\w.-]+):(kill|throw|hang)(?:\*([1-9]\d{0,8}))?$/.exec(part) ?? [];
  if (!name || !action)
    throw new StartupError(
      `FAILPOINT: "${part}" is not name:kill, name:throw or name:hang, with *times behind it or not`,
    );
  return { name, action: action as Action, timesLeft: times ? Number(times) : Number.POSITIVE_INFINITY };
}

/** At once and whole, because the process may not live to flush anything. */
function say(name: string, action: Action): void {
  writeSync(process.stderr.fd, `fail point ${name}: ${action}\n`);
}

function killThisProcess(): void {
  process.kill(process.pid, "SIGKILL");
}

/** Undefined unless this process is to fail on purpose, so that a place costs one look at a variable. */
export let failPoints: FailPoints | undefined;

/** For the start of a process, before its services; and for tests, which take it back with `undefined`. */
export function armFailPoints(armed: FailPoints | undefined): void {
  failPoints = armed;
}

import { writeSync } from "node:fs";
import { StartupError } from "#lib/startup-error.ts";

/** The work of a service that a crash can interrupt. It is the service's metadata in Moleculer's registry. */
export interface FaultBoundaries {
  /** Events it publishes: `orders.OrderCreated`. */
  publishes: readonly string[];
  /** Events it consumes, by the same names. */
  consumes: readonly string[];
  /** Actions, jobs and other work of its own that runs in transactions: `create`, `sweep-deadlines`. */
  commits: readonly string[];
  /** Its requests to an outside provider, such as `capture`. */
  asks: readonly string[];
  jobs: readonly string[];
}

const BOUNDARIES = {
  publishes: ["before-publish", "after-publish"],
  consumes: ["before-inbox", "after-inbox", "before-commit", "after-commit", "before-ack", "after-ack"],
  commits: ["before-commit", "after-commit"],
  // If the last one throws, a test provider stores a failure under the idempotency key, and repeats it from then on.
  asks: ["before-provider", "after-provider", "provider-keeps-failure"],
} as const;

type Boundary = (typeof BOUNDARIES)[keyof typeof BOUNDARIES][number];

/** The work that reaches a boundary: `orders.create`, or the distinct events of one batch, such as `orders.PaymentAuthorized`. */
export type Scope = string | ReadonlySet<string>;

/** The names of a service's fail points: `<service>.<what>.<boundary>`. */
export function failPointsOf(service: string, boundaries: FaultBoundaries): string[] {
  const kinds = Object.keys(BOUNDARIES) as (keyof typeof BOUNDARIES)[];
  return kinds.flatMap((kind) =>
    boundaries[kind].flatMap((name) => {
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

/** An injected failure. */
export class FailPointError extends Error {
  override name = "FailPointError";

  constructor(point: string) {
    super(`The fail point ${point} was reached.`);
  }
}

/**
 * Named points at which this process can be made to fail: `orders.create.before-commit:kill`. `kill` ends the process with
 * SIGKILL, `throw` fails the current work, `hang` never continues. With `*3` it happens the first three times only.
 */
export class FailPoints {
  readonly #known: ReadonlySet<string>;
  readonly #plans = new Map<string, Plan>();
  readonly #kill: () => void;

  /**
   * @param known the names of all fail points
   * @param kill replaced in tests of this class
   * @throws StartupError when the setting has an unknown fail point or action
   */
  constructor(setting: string, known: Iterable<string>, kill: () => void = killThisProcess) {
    this.#known = new Set(known);
    this.#kill = kill;
    for (const part of setting.split(",")) {
      const { name, ...plan } = parse(part.trim());
      if (!this.#known.has(name))
        throw new StartupError(`FAILPOINT: there is no ${name}; node tools/chaos/fail-points.ts lists all fail points`);
      this.#plans.set(name, plan);
    }
  }

  /** Fails if the setting says so for this point. @throws Error also when the point is not in the list of known ones */
  async reach(boundary: Boundary, scope: Scope): Promise<void> {
    for (const what of typeof scope === "string" ? [scope] : scope) {
      const name = `${what}.${boundary}`;
      if (!this.#known.has(name)) throw new Error(`The fail point ${name} was reached, but no service lists it.`);
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
        report(name, action);
        return new Promise(() => {});
      case "kill":
        report(name, action);
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
      `FAILPOINT: "${part}" is not name:kill, name:throw or name:hang, optionally followed by *times`,
    );
  return { name, action: action as Action, timesLeft: times ? Number(times) : Number.POSITIVE_INFINITY };
}

/** Writes synchronously, because the process may end before it could flush a stream. */
function report(name: string, action: Action): void {
  writeSync(process.stderr.fd, `fail point ${name}: ${action}\n`);
}

function killThisProcess(): void {
  process.kill(process.pid, "SIGKILL");
}

/** Undefined unless `FAILPOINT` is set, so that a point normally costs one comparison. */
export let failPoints: FailPoints | undefined;

/** Called at the start of a process before its services are loaded, and by tests, which disarm with `undefined`. */
export function armFailPoints(armed: FailPoints | undefined): void {
  failPoints = armed;
}

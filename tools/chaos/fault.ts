import type { Cluster } from "./cluster.ts";
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";

/** One condition that must hold under a fault, and whether it did. */
export interface Check {
  holds: boolean;
  /** One line, with numbers. */
  what: string;
}

/** What a fault can use. */
export interface FaultContext {
  cluster: Cluster;
  load: Load;
  random: Random;
  /** `full` is what docs/guarantees.md describes; `short` is a sample of it for CI. */
  dose: "short" | "full";
  /** A line of the schedule, with the time since the fault began. */
  note(line: string): void;
}

export interface Fault {
  /** `F1` to `F18`. */
  name: string;
  title: string;
  /** Seconds after the fault in which every order must become final; 60 unless the fault allows more. */
  finalWithinSeconds?: number;
  /** Injects the fault and removes it again. The invariants, which must hold after every fault, are checked afterwards. */
  run(scene: FaultContext): Promise<Check[]>;
  /** Further checks, once no work is pending. */
  afterwards?(scene: FaultContext): Promise<Check[]>;
}

/** The reason why the fault cannot be produced on this machine. */
export class UnsupportedHere extends Error {}

const NOISE_MS = 15; // difference between two medians that load on the same machine alone can cause
const SHORT_WINDOWS = 2; // a window of a few seconds is less exact

/** Compares a duration during the fault with the duration before it. */
export function slower(
  what: string,
  beforeMs: number,
  duringMs: number,
  { atMost, dose }: { atMost: number; dose: FaultContext["dose"] },
): Check {
  const bound = dose === "full" ? atMost : atMost * SHORT_WINDOWS;
  const said = `${what} in ${Math.round(duringMs)} ms, ${(duringMs / beforeMs).toFixed(2)} times what it takes without`;
  return check(duringMs <= bound * beforeMs || duringMs - beforeMs <= NOISE_MS, said);
}

export function check(holds: boolean, what: string): Check {
  return { holds, what };
}

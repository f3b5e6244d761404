import type { Cluster } from "./cluster.ts";
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";

/** Something a fault must not break, and how it went. */
export interface Check {
  holds: boolean;
  /** One line, with numbers. */
  what: string;
}

/** What a fault works with. */
export interface Scene {
  cluster: Cluster;
  load: Load;
  random: Random;
  /** How much of it: `full` is what the documents promise, `short` a dose of it that CI has time for. */
  dose: "short" | "full";
  /** A line of the schedule, with the time since the fault began. */
  note(line: string): void;
}

export interface Fault {
  /** `F1` to `F16`. */
  name: string;
  title: string;
  /** Seconds after the fault in which every order must become final; 60 unless the fault allows more. */
  finalWithinSeconds?: number;
  /** Does its worst, and heals; what must hold of every fault (the invariants) is checked after it. */
  run(scene: Scene): Promise<Check[]>;
  /** What else must hold once all is quiet. */
  afterwards?(scene: Scene): Promise<Check[]>;
}

/** Why it could not be produced on this machine. */
export class NotHere extends Error {}

const NOISE_MS = 15; // of a median, from one window to the next, on a machine that everything shares
const SHORT_WINDOWS = 2; // a window of a few seconds says half as much

/** How much slower something has become than it was. */
export function slower(
  what: string,
  beforeMs: number,
  duringMs: number,
  { atMost, dose }: { atMost: number; dose: Scene["dose"] },
): Check {
  const bound = dose === "full" ? atMost : atMost * SHORT_WINDOWS;
  const said = `${what} in ${Math.round(duringMs)} ms, ${(duringMs / beforeMs).toFixed(2)} times what it takes without`;
  return check(duringMs <= bound * beforeMs || duringMs - beforeMs <= NOISE_MS, said);
}

export function check(holds: boolean, what: string): Check {
  return { holds, what };
}

import { median, type Rate, rateOf } from "#bench/figures.ts";
import type { Machine } from "#bench/machine.ts";
import { hundredths, type Percentiles, percentiles } from "#tools/replay/percentiles.ts";
import type { PeerWindow } from "./load.ts";
import type { SystemName } from "./system.ts";

/** One window, and the CPU that the system used for it, in milliseconds. */
export interface CountedWindow extends PeerWindow {
  applicationCpuMs: number;
  postgresCpuMs: number;
}

/** What a system does for so many clients. */
export interface PeerFigure extends Rate, Percentiles {
  clients: number;
  /** CPU of one purchase, in milliseconds: the median of the windows. */
  applicationCpuMs: number;
  postgresCpuMs: number;
  /** Purchases that came to nothing, and why the first did. */
  failures: number;
  failure?: string;
}

/** What could not be measured, and why. */
export interface PeerMiss {
  clients: number;
  error: string;
}

export interface SystemResult {
  name: SystemName;
  title: string;
  /** Absent where it was not recorded. */
  version?: string;
  figures: PeerFigure[];
  misses: PeerMiss[];
}

export interface AlsoShown {
  says: string;
  perSecond: number;
  p95Ms: number;
}

/** What `bench/results/peers.json` holds. */
export interface PeerResults {
  /** Date and commit are absent for rates that were taken over from an earlier version. */
  date?: string;
  commit?: string;
  machine: Machine;
  setup: { seconds: number; windows: number; clients: number[] };
  systems: SystemResult[];
  /** Of the newest `npm run bench`: what is shown besides orders. */
  also: AlsoShown[];
}

export function peerFigure(clients: number, windows: readonly CountedWindow[]): PeerFigure {
  const ofOne = (ms: (window: CountedWindow) => number) =>
    hundredths(median(windows.filter(({ done }) => done > 0).map((window) => ms(window) / window.done)));
  const failure = windows.find((window) => window.failure !== undefined)?.failure;
  return {
    clients,
    ...rateOf(windows),
    ...percentiles(windows.flatMap(({ durationsMs }) => durationsMs)),
    applicationCpuMs: ofOne((window) => window.applicationCpuMs),
    postgresCpuMs: ofOne((window) => window.postgresCpuMs),
    failures: windows.reduce((sum, { failures }) => sum + failures, 0),
    ...(failure !== undefined && { failure }),
  };
}

import { readdirSync, readFileSync } from "node:fs";

const CLOCK_TICKS_PER_SECOND = 100; // of /proc on Linux, whatever the kernel's own rate is

export interface ProcessTime {
  id: number;
  parent: number;
  /** CPU of the process and of its children that have ended. */
  cpuMs: number;
}

/** A line of /proc/<pid>/stat. The command is in parentheses and may contain spaces. */
export function parseProcessTime(line: string): ProcessTime {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0); // utime, stime, cutime, cstime
  return { id: Number.parseInt(line, 10), parent: Number(fields[1]), cpuMs: (ticks * 1_000) / CLOCK_TICKS_PER_SECOND };
}

/** CPU of a process and of all below it, in milliseconds since they started. */
export function cpuMsBelow(root: number, processes: readonly ProcessTime[]): number {
  const found = new Set([root]);
  // A child has been started after its parent, but its id may be the lower one; so once for each possible level.
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const { id, parent } of processes) if (found.has(parent)) found.add(id);
  }
  return processes.reduce((sum, { id, cpuMs }) => (found.has(id) ? sum + cpuMs : sum), 0);
}

/** All processes of this machine; none where there is no /proc. */
export function processTimes(): ProcessTime[] {
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      return /^\d+$/.test(name) ? parseProcessTime(readFileSync(`/proc/${name}/stat`, "latin1")) : [];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}

import { readdirSync, readFileSync } from "node:fs";

const CLOCK_TICKS_PER_SECOND = 100; // of /proc on Linux, whatever the kernel's own rate is

/** One process, as /proc describes it. */
export interface ProcessStat {
  id: number;
  parent: number;
  command: string;
  /** User and system time of the process itself. */
  cpuMs: number;
  /** The same of its children that have ended. */
  endedChildrenMs: number;
}

/** A line of /proc/<pid>/stat. The command is in parentheses and may contain spaces. */
export function parseStat(line: string): ProcessStat {
  const end = line.lastIndexOf(")");
  const command = line.slice(line.indexOf("(") + 1, end);
  const fields = line.slice(end + 2).split(" ");
  const ms = (at: number) => ((Number(fields[at]) + Number(fields[at + 1])) * 1_000) / CLOCK_TICKS_PER_SECOND;
  return {
    id: Number.parseInt(line, 10),
    parent: Number(fields[1]),
    command,
    cpuMs: ms(11), // utime and stime
    endedChildrenMs: ms(13), // cutime and cstime
  };
}

/** @returns undefined when the process has ended */
export function statOf(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}

/** All processes of this machine. */
export function allProcesses(): ProcessStat[] {
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (statOf(Number(name)) ?? []) : []));
}

/** CPU of a process and of all that it has started, also of those that have ended, in ms. */
export function cpuMsOfTree(root: number, processes: readonly ProcessStat[]): number {
  const stat = processes.find(({ id }) => id === root);
  if (!stat) return 0;
  const children = processes.filter(({ parent }) => parent === root);
  const living = children.reduce((sum, { id }) => sum + cpuMsOfTree(id, processes), 0);
  return stat.cpuMs + stat.endedChildrenMs + living;
}

/** The processes that a shop consists of: everything that was started below `pid`, without its Postgres. */
export function nodeProcessesOf(pid: number): number[] {
  const processes = allProcesses();
  const found = new Set([pid]);
  // A child has been started after its parent, but its id may be the lower one; so once for each possible level.
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const { id, parent, command } of processes) if (found.has(parent) && command !== "postgres") found.add(id);
  }
  return [...found];
}

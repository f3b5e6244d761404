import { hundredths } from "#tools/replay/percentiles.ts";

/** What `Profiler.stop` of the inspector gives, as far as it is used. */
export interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    /** Ids of the nodes that this one calls. */
    children?: number[];
  }[];
  /** Node ids, one per sample. */
  samples: number[];
  /** Microseconds from one sample to the next, the first from the start. */
  timeDeltas: number[];
}

/** A function and its share of the time the process was not idle. */
export interface HotFunction {
  name: string;
  /** File and line, from the project's folder. */
  where: string;
  selfPercent: number;
}

/** The functions with the most self time, most first. `root` is the project's folder, as a file URL. */
export function hottest({ nodes, samples, timeDeltas }: CpuProfile, count: number, root: string): HotFunction[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const selfMicros = new Map<string, HotFunction>();
  let busy = 0;
  samples.forEach((id, at) => {
    const frame = frames.get(id);
    const micros = timeDeltas[at] ?? 0;
    if (frame === undefined || frame.functionName === "(idle)") return;
    busy += micros;
    const where = frame.url
      ? `${frame.url.replace(root, "").replace(/^.*node_modules\//, "")}:${frame.lineNumber + 1}`
      : "";
    const key = `${frame.functionName} ${where}`;
    const entry = selfMicros.get(key) ?? { name: frame.functionName || "(anonymous)", where, selfPercent: 0 };
    entry.selfPercent += micros;
    selfMicros.set(key, entry);
  });
  return [...selfMicros.values()]
    .sort((a, b) => b.selfPercent - a.selfPercent)
    .slice(0, count)
    .map(({ name, where, selfPercent }) => ({ name, where, selfPercent: hundredths((100 * selfPercent) / busy) }));
}

/**
 * Self time by part: a package of npm, or a folder of the project. What Node itself does counts for the part that called
 * it: a write to a socket for the driver that writes. `root` is the project's folder, as a file URL.
 */
export function byPackage(
  profiles: readonly CpuProfile[],
  count: number,
  root: string,
): { name: string; selfPercent: number }[] {
  const micros = new Map<string, number>();
  let busy = 0;
  for (const profile of profiles) {
    const partOf = partsOf(profile, root);
    profile.samples.forEach((id, at) => {
      const part = partOf.get(id);
      if (part === undefined || part === IDLE) return;
      const delta = profile.timeDeltas[at] ?? 0;
      busy += delta;
      micros.set(part, (micros.get(part) ?? 0) + delta);
    });
  }
  return [...micros]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, self]) => ({ name, selfPercent: hundredths((100 * self) / busy) }));
}

const IDLE = "(idle)";

/** The part of each node of the call tree. */
function partsOf({ nodes }: CpuProfile, root: string): ReadonlyMap<number, string> {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const parts = new Map<number, string>();
  const partOf = (id: number): string => {
    const known = parts.get(id);
    if (known !== undefined) return known;
    const frame = frames.get(id);
    const parent = parents.get(id);
    const own = frame && ownPart(frame, root);
    const part = own ?? (parent === undefined ? "Node itself" : partOf(parent));
    parts.set(id, part);
    return part;
  };
  for (const { id } of nodes) partOf(id);
  return parts;
}

/** @returns undefined for what Node does for its caller */
function ownPart({ functionName, url }: CpuProfile["nodes"][number]["callFrame"], root: string): string | undefined {
  if (functionName === IDLE || functionName === "(garbage collector)") return functionName;
  const path = url.replace(root, "");
  const inPackage = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
  if (inPackage !== undefined) return inPackage;
  return path && !path.startsWith("node:") && !path.startsWith("file:")
    ? path.split("/").slice(0, 2).join("/")
    : undefined;
}

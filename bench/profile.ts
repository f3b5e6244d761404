import { hundredths } from "#tools/replay/percentiles.ts";

/** What `Profiler.stop` of the inspector gives, as far as it is used. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
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

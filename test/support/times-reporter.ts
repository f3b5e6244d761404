import { relative } from "node:path";

const ROOT = `${import.meta.dirname}/../..`;
const SLOWEST_FILES = 15;
/** Fewer files than this are a selection, for which the default reporter already shows the times. */
const WHOLE_SUITE_FILES = 50;

/** What Jest says about a test file when the run is complete; times in milliseconds. */
interface FileResult {
  testFilePath: string;
  displayName?: { name: string };
  perfStats: { runtime: number };
}

/** Prints after a run of the whole suite which files took longest, and the sum of each project. */
export default class TimesReporter {
  onRunComplete(_: unknown, { testResults }: { testResults: readonly FileResult[] }): void {
    if (testResults.length >= WHOLE_SUITE_FILES) process.stderr.write(`\n${timesTable(testResults)}\n`);
  }
}

export function timesTable(files: readonly FileResult[]): string {
  const sums = new Map<string, { files: number; runtime: number }>();
  for (const { displayName, perfStats } of files) {
    const name = displayName?.name ?? "tests";
    const sum = sums.get(name) ?? { files: 0, runtime: 0 };
    sums.set(name, { files: sum.files + 1, runtime: sum.runtime + perfStats.runtime });
  }
  const slowest = [...files].sort((a, b) => b.perfStats.runtime - a.perfStats.runtime).slice(0, SLOWEST_FILES);
  return [
    "Sum of the times of the files, by project:",
    ...[...sums].map(([name, { files: count, runtime }]) => `${seconds(runtime)}  ${name}, ${count} files`),
    "Slowest files:",
    ...slowest.map(({ testFilePath, perfStats }) => `${seconds(perfStats.runtime)}  ${relative(ROOT, testFilePath)}`),
  ].join("\n");
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1).padStart(7)} s`;
}

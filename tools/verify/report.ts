import type { Finding } from "./invariant.ts";

const WORDS = { holds: "ok", violated: "VIOLATED", notice: "notice", unchecked: "UNCHECKED" } as const;

/** One invariant a line, with what breaks it below. */
export function reportOf(findings: readonly Finding[]): string {
  return findings.flatMap(linesOf).join("\n");
}

function linesOf({ invariant, says, outcome, checked, violations, examples, why }: Finding): string[] {
  const count = violations > 0 ? `${violations} of ${checked}` : String(checked);
  const line = `${WORDS[outcome].padEnd(10)}${invariant.padEnd(24)}${count.padStart(12)}  ${says}`;
  const more = violations - examples.length;
  return [
    line,
    ...(why === undefined ? [] : [`${" ".repeat(10)}${why}`]),
    ...examples.map(({ id, wrong }) => `${" ".repeat(10)}${id}: ${wrong}`),
    ...(examples.length > 0 && more > 0 ? [`${" ".repeat(10)}… and ${more} more`] : []),
  ];
}

/** For whoever runs this by the clock: 0 all is well, 1 something is not, 2 not everything could be looked at. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ outcome }) => outcome === "violated")) return 1;
  return findings.some(({ outcome }) => outcome === "unchecked") ? 2 : 0;
}

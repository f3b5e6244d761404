import type { Check, Fault } from "./fault.ts";
import type { Options } from "./options.ts";

/** The result of one fault. */
export interface Row {
  fault: Pick<Fault, "name" | "title">;
  seconds: string;
  checks: readonly Check[];
  /** The reason why the fault cannot be produced on this machine. */
  notHere?: string;
}

/** The whole run as a Markdown table, for people and for the documents. */
export function table(rows: readonly Row[], { seed, dose }: Pick<Options, "seed" | "dose">, seconds: number): string {
  const lines = rows.map(({ fault, seconds, checks, notHere }) => {
    const broken = checks.filter(({ holds }) => !holds);
    const verdict = notHere ? "not here" : broken.length > 0 ? "**broken**" : "held";
    const facts = notHere ?? (broken.length > 0 ? broken : checks).map(({ what }) => what.split("\n")[0]).join("; ");
    return `| ${fault.name} | ${fault.title} | ${verdict} | ${seconds} | ${facts.replaceAll("|", "\\|")} |`;
  });
  return [
    `Seed ${seed}, ${dose} dose, ${Math.round(seconds)} s in all.`,
    "",
    "| | fault | verdict | seconds | what was seen |",
    "| --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

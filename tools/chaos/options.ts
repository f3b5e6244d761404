import { randomInt } from "node:crypto";

export interface Options {
  seed: string;
  /** Names of faults; empty: all. */
  only: readonly string[];
  dose: "short" | "full";
}

export const USAGE = "Use: npm run chaos [-- --seed <text>] [--only F3,F7] [--dose short|full]";

/** @throws Error with how to use it */
export function parseOptions(args: readonly string[]): Options {
  const options: Options = { seed: String(randomInt(1, 1_000_000)), only: [], dose: "full" };
  for (let i = 0; i < args.length; i += 2) {
    const value = args[i + 1];
    if (value === undefined) throw new Error(USAGE);
    if (args[i] === "--seed") options.seed = value;
    else if (args[i] === "--only") options.only = value.split(",").map((name) => name.toUpperCase());
    else if (args[i] === "--dose" && (value === "short" || value === "full")) options.dose = value;
    else throw new Error(USAGE);
  }
  return options;
}

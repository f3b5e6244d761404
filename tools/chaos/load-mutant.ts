// MUTANT=<name> node --import <this file> …
// Loads the shop with one bug in it, and leaves its files alone: `tools/chaos/mutants.ts` has the list.
import { writeSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { mutated } from "./mutant.ts";
import { mutants } from "./mutants.ts";

const ROOT = join(import.meta.dirname, "../..");

const name = process.env.MUTANT;
const mutant = mutants.find((one) => one.name === name);
if (!mutant) throw new Error(`MUTANT: there is no ${name}; there are ${mutants.map((one) => one.name).join(", ")}.`);
const target = pathToFileURL(join(ROOT, mutant.file)).href;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== target) return loaded;
    const source = mutated(mutant, String(loaded.source));
    writeSync(process.stderr.fd, `mutant ${mutant.name} in ${mutant.file}\n`);
    return { ...loaded, source };
  },
});

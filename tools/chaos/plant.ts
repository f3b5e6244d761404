// PLANTED_BUG=<name> node --import <this file> …
// Loads the shop with one bug in it, and leaves its files alone: `tools/chaos/plants.ts` has the list.
import { writeSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { planted, plants } from "./plants.ts";

const ROOT = join(import.meta.dirname, "../..");

const name = process.env.PLANTED_BUG;
const plant = plants.find((one) => one.name === name);
if (!plant) throw new Error(`PLANTED_BUG: there is no ${name}; there are ${plants.map((one) => one.name).join(", ")}.`);
const infested = pathToFileURL(join(ROOT, plant.file)).href;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== infested) return loaded;
    const source = planted(plant, String(loaded.source));
    writeSync(process.stderr.fd, `planted bug ${plant.name} in ${plant.file}\n`);
    return { ...loaded, source };
  },
});

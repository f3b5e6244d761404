import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Figure } from "#bench/figures.ts";
import type { PeerResults } from "./results.ts";
import { alsoShown, measuredPicture, measuredText, replaceBetween } from "./summary.ts";

const ROOT = join(import.meta.dirname, "../..");
const RESULTS = join(ROOT, "bench/results");
/** What README.md and the picture are made of. */
const PEER_RESULTS = join(RESULTS, "peers.json");

/** Around what is written into README.md. */
const PLACE = ["<!-- measured -->", "<!-- end of measured -->"] as const;

interface ShownFile {
  path: string;
  text: string;
}

/** The files that show what was measured, as they should be. */
export async function shownFiles(): Promise<ShownFile[]> {
  const results = await keptResults();
  const readme = join(ROOT, "README.md");
  const [begin, end] = PLACE;
  return [
    { path: join(RESULTS, "orders.svg"), text: measuredPicture(results) },
    { path: readme, text: replaceBetween(await readFile(readme, "utf8"), begin, end, measuredText(results)) },
  ];
}

/** Keeps results, with what the newest `npm run bench` says besides, and shows them in README.md and the picture. */
export async function showMeasured(results: Omit<PeerResults, "also">): Promise<void> {
  const shown: PeerResults = { ...results, also: alsoShown(await newestFigures()) };
  await writeFile(PEER_RESULTS, `${JSON.stringify(shown, null, 2)}\n`);
  for (const { path, text } of await shownFiles()) await writeFile(path, text);
}

/** The results that are there already. */
export async function keptResults(): Promise<PeerResults> {
  return JSON.parse(await readFile(PEER_RESULTS, "utf8"));
}

async function newestFigures(): Promise<Figure[]> {
  const runs = (await readdir(RESULTS)).filter((name) => /^\d{4}-.*\.json$/.test(name)).sort();
  const newest = runs.at(-1);
  return newest === undefined ? [] : JSON.parse(await readFile(join(RESULTS, newest), "utf8")).figures;
}

import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const ROOT = join(import.meta.dirname, "../..");
const FILES = [
  "config/limits.ts",
  "services/*/*/limits.ts",
  "services/*/*/domain/limits.ts",
  "services/*/*/*/domain/limits.ts",
];
const COMMENTED = /^ {2}(\w+):.*, *\/\/ (.+)$/gm;

export interface Bound {
  /** `platform`, or the name of the service. */
  owner: string;
  name: string;
  value: unknown;
  /** What stands behind the bound in its file; may be empty. */
  comment: string;
}

/** Every bound of the tree, in the order of the files. */
export async function allBounds(): Promise<Bound[]> {
  const files = globSync(FILES, { cwd: ROOT }).sort();
  return (await Promise.all(files.map(boundsOf))).flat();
}

/** The names that more than one bound has. */
export function duplicatesIn(bounds: readonly Bound[]): string[] {
  const names = bounds.map(({ name }) => name);
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))].sort();
}

async function boundsOf(file: string): Promise<Bound[]> {
  const path = join(ROOT, file);
  const comments = new Map(
    [...(await readFile(path, "utf8")).matchAll(COMMENTED)].map(([, name, text]) => [name, text]),
  );
  const exported = Object.values((await import(pathToFileURL(path).href)) as Record<string, object>);
  return exported.flatMap((bounds) =>
    Object.entries(bounds).map(([name, value]) => ({
      owner: ownerOf(file),
      name,
      value: value as unknown,
      comment: comments.get(name) ?? "",
    })),
  );
}

function ownerOf(file: string): string {
  const [, , service] = file.split("/");
  return file.startsWith("config/") || service === undefined ? "platform" : service;
}

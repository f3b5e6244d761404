// npm run limits [-- word]
// Prints every bound of the platform and of the services with its owner, value and comment; with a word, those that
// contain it. Fails when two owners use one name.
import { StartupError } from "#lib/startup-error.ts";
import { columns } from "#lib/text-table.ts";
import { allBounds, duplicatesIn } from "./limits/bounds.ts";

try {
  const word = process.argv[2]?.toLowerCase() ?? "";
  const bounds = await allBounds();
  const rows = bounds
    .filter((bound) => Object.values(bound).join(" ").toLowerCase().includes(word))
    .map(({ owner, name, value, comment }) => [owner, name, String(value), comment]);
  process.stdout.write(`${columns(["owner", "name", "value", "comment"], rows)}\n`);
  const duplicates = duplicatesIn(bounds);
  if (duplicates.length > 0) throw new StartupError(`Used by more than one owner: ${duplicates.join(", ")}.`);
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

import { access, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { StartupError } from "#lib/startup-error.ts";
import { type Installation, runProgram } from "./installation.ts";
import { end, hasExited } from "./supervised-process.ts";

const INITDB_MS = 60_000; // it takes less than a second; a slow disk writes a thousand small files
const KILL_MS = 2_000;

/**
 * Makes the data folder of the server if there is none.
 * @throws StartupError with the last line of initdb
 */
export async function makeDataFolder(installation: Installation): Promise<void> {
  if (await exists(installation.data)) return;
  // It is renamed when it is complete, so that a process killed in between leaves no half folder `data`.
  const draft = join(installation.home, "data.new");
  installation.log(`Making a database in ${installation.home}`);
  await rm(draft, { recursive: true, force: true });
  const initdb = runProgram(installation, [
    installation.initdb,
    `--pgdata=${draft}`,
    "--username=postgres",
    "--auth=trust", // only this user and root can open the folder of the socket
    "--encoding=UTF8",
    "--no-locale", // the locales of the operating system differ between machines
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
  ]);
  if (!(await hasExited(initdb.child, INITDB_MS))) await end(initdb.child, [{ signal: "SIGKILL", ms: KILL_MS }]);
  if (initdb.child.exitCode !== 0) {
    throw new StartupError(`Postgres could not make its data folder ${draft}: ${initdb.lastLine()}`);
  }
  await rename(draft, installation.data);
  const folder = await open(installation.home);
  await folder.sync(); // otherwise a power cut could undo the rename, and lose all that was committed since
  await folder.close();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

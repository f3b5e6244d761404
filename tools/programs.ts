import { execFile } from "node:child_process";
import { access, constants, mkdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { StartupError } from "#lib/startup-error.ts";

const run = promisify(execFile);

const INSTALL_MS = 120_000; // for each of `update` and `install`
const LOCK_POLL_MS = 250;
const LOCK_STALE_MS = 2 * INSTALL_MS + 10_000; // whoever took it was killed

const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"]; // often not on a user's PATH

/**
 * The path of an installed program; as root on Debian, its package of the same name is installed when it is missing.
 * @throws StartupError naming what to install
 */
export async function program(name: string, settingInstead: string): Promise<string> {
  const found = (await find(name)) ?? (await install(name));
  if (found) return found;
  throw new StartupError(`Install ${name}, or set ${settingInstead} to a running server.`);
}

async function find(name: string): Promise<string | undefined> {
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), ...SYSTEM_FOLDERS]) {
    const path = join(folder, name);
    const runnable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder && runnable) return path;
  }
  return undefined;
}

async function install(name: string): Promise<string | undefined> {
  const aptGet = process.getuid?.() === 0 ? await find("apt-get") : undefined;
  if (!aptGet) return undefined;
  return underLock(join(tmpdir(), "tradepost-apt.lock"), async () => {
    const installedMeanwhile = await find(name);
    if (installedMeanwhile) return installedMeanwhile;
    const options = { timeout: INSTALL_MS, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
    try {
      await run(aptGet, ["update"], options);
      await run(aptGet, ["install", "-y", "--no-install-recommends", name], options);
    } catch {} // no network, no such package: the caller says what to install
    return find(name);
  });
}

/** A folder is the lock, since making one either works or fails, across processes. */
async function underLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 2 * LOCK_STALE_MS;
  while (!(await take(path))) {
    if (Date.now() > deadline) throw new StartupError(`The lock ${path} is not given back: delete it.`);
    const since = await stat(path).catch(() => undefined);
    if (since && Date.now() - since.mtimeMs > LOCK_STALE_MS) await rm(path, { recursive: true, force: true });
    await sleep(LOCK_POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

function take(path: string): Promise<boolean> {
  return mkdir(path).then(
    () => true,
    () => false,
  );
}

import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";
import { StartupError } from "#lib/startup-error.ts";
import type { Identity } from "./supervised-process.ts";

const run = promisify(execFile);

const USERS = ["postgres", "nobody"]; // the first that this machine knows
const PROBE_MS = 5_000;

/** How to run a program that refuses to be root. */
export interface Unprivileged {
  /** Absent: as this process. */
  identity?: Identity;
  /** Goes before the command; empty where nothing is needed. */
  prefix: readonly string[];
  /** Gives a folder, and everything in it, to the user the program runs as. */
  own(folder: string): Promise<void>;
}

const asIs: Unprivileged = { prefix: [], own: async () => {} };

/**
 * Finds how to run a program that refuses to be root and must reach `paths`.
 * Where the user it would run as cannot reach them (a checkout below /root or a `mktemp -d`, both of mode 0700), it
 * gets that user's id and root's right to pass folders, and nothing else of root. The rejected ways: opening
 * the parents to all, which are not ours, and moving the data elsewhere, which nobody would find again.
 * @throws StartupError when this process is root and no way is found
 */
export async function unprivileged(dataFolder: string, paths: readonly string[]): Promise<Unprivileged> {
  if (process.getuid?.() !== 0) return asIs;
  const identity = (await ownerOf(dataFolder)) ?? (await knownUser());
  if (!identity) {
    throw new StartupError(
      `Postgres does not run as root, and there is no user ${USERS.join(" or ")}: run as another user.`,
    );
  }
  const own = async (folder: string) => {
    await run("chown", ["-R", `${identity.uid}:${identity.gid}`, folder], { timeout: PROBE_MS });
  };
  const probe = ["/bin/sh", "-c", 'for path; do test -x "$path" || exit 1; done', "sh", ...paths];
  if (await succeeds(probe, identity)) return { identity, prefix: [], own };
  const prefix = passingFolders(identity);
  if (await succeeds([...prefix, ...probe])) return { prefix, own };
  throw new StartupError(
    `Postgres does not run as root, and user ${identity.uid} cannot reach ${paths.join(" and ")}: run as another user.`,
  );
}

/** Linux only. Without `no_setuid_fixup`, access(2), by which Postgres checks its own path, would ignore the capability. */
function passingFolders({ uid, gid }: Identity): readonly string[] {
  return [
    "setpriv",
    `--reuid=${uid}`,
    `--regid=${gid}`,
    "--clear-groups",
    "--securebits=+no_setuid_fixup",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
    "--bounding-set=-all,+dac_override",
  ];
}

async function ownerOf(folder: string): Promise<Identity | undefined> {
  const found = await stat(folder).catch(() => undefined);
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
}

async function knownUser(): Promise<Identity | undefined> {
  for (const user of USERS) {
    try {
      const [uid, gid] = await Promise.all(
        ["-u", "-g"].map(async (flag) => Number((await run("id", [flag, user])).stdout)),
      );
      if (uid && gid) return { uid, gid };
    } catch {} // no such user: try the next
  }
  return undefined;
}

async function succeeds([command = "", ...args]: readonly string[], identity?: Identity): Promise<boolean> {
  return run(command, args, { cwd: "/", timeout: PROBE_MS, ...identity }).then(
    () => true,
    () => false,
  );
}

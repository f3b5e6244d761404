import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";
import { StartupError } from "#lib/startup-error.ts";
import type { Identity } from "./supervised-process.ts";

const run = promisify(execFile);

const USERS = ["postgres", "nobody"]; // the first one that exists on this machine
const PROBE_MS = 5_000;

/** How to run a program that refuses to run as root. */
export interface UnprivilegedUser {
  /** User and group of the program. Absent: those of this process, or the prefix sets them. */
  identity?: Identity;
  /** Words before the command; often none. */
  prefix: readonly string[];
  /** Gives a folder, and everything in it, to the user that the program runs as. */
  own(folder: string): Promise<void>;
}

const THIS_USER: UnprivilegedUser = { prefix: [], own: async () => {} };

/**
 * Finds how to run a program that refuses to run as root and must reach `paths`.
 * The unprivileged user cannot enter a checkout below /root or a folder of `mktemp -d`, which have mode 0700. Then the
 * program gets, besides the id of that user, root's right to enter folders and no other right of root. Rejected: to open
 * the parent folders for everybody, because they are not ours; to move the data, because the user would not find it.
 * @throws StartupError when this process is root and there is no way
 */
export async function findUnprivilegedUser(dataFolder: string, paths: readonly string[]): Promise<UnprivilegedUser> {
  if (process.getuid?.() !== 0) return THIS_USER;
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
  const prefix = withRightToEnterFolders(identity);
  if (await succeeds([...prefix, ...probe])) return { prefix, own };
  throw new StartupError(
    `Postgres does not run as root, and user ${identity.uid} cannot reach ${paths.join(" and ")}: run as another user.`,
  );
}

/**
 * Linux only. `no_setuid_fixup` is needed because Postgres checks its own path by access(2), which otherwise ignores the
 * capability.
 */
function withRightToEnterFolders({ uid, gid }: Identity): readonly string[] {
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
    } catch {} // there is no such user
  }
  return undefined;
}

async function succeeds([command = "", ...args]: readonly string[], identity?: Identity): Promise<boolean> {
  return run(command, args, { cwd: "/", timeout: PROBE_MS, ...identity }).then(
    () => true,
    () => false,
  );
}

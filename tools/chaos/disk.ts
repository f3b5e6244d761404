import { execFile } from "node:child_process";
import { mkdir, open, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const FILLER = "filler";
const LAST_BYTES = 4_194_304; // written instead of reserved: another process may write at the same time
const CHUNK_BYTES = 1_048_576;

/** A file system of its own that can be filled up: in memory, of a fixed size. */
export interface SmallDisk {
  folder: string;
  /** Fills the space that is left. */
  fill(): Promise<void>;
  /** Frees the space that `fill` took. */
  free(): Promise<void>;
  remove(): Promise<void>;
}

/** @throws Error when this process may not mount file systems, which takes root on Linux */
export async function smallDisk(folder: string, megabytes: number): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true });
  await run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=0755`, "tmpfs", folder]).catch((error: Error) => {
    throw new Error(`A full disk takes a file system of its own, and this process may not mount one: ${error.message}`);
  });
  const filler = join(folder, FILLER);
  return {
    folder,
    fill: () => fillUp(filler),
    free: () => rm(filler, { force: true }),
    remove: async () => {
      await run("umount", ["--lazy", folder]);
      await rm(folder, { recursive: true });
    },
  };
}

async function fillUp(path: string): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  const most = bavail * bsize - LAST_BYTES;
  // Reserving is fast. It fails as a whole when another process has taken some of the space: then all of it is written.
  if (most > 0) await run("fallocate", ["-l", String(most), path]).catch(() => undefined);
  const file = await open(path, "a");
  try {
    // Smaller and smaller, until not a byte is left.
    for (let bytes = CHUNK_BYTES; bytes >= 1; ) {
      try {
        await file.appendFile(Buffer.alloc(bytes));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        bytes = Math.floor(bytes / 2);
      }
    }
  } finally {
    await file.close();
  }
}

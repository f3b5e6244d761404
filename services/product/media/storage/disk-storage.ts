import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MediaStorage } from "./storage.ts";

const SHARD_CHARS = 2; // of the end of an id, which is random: a thousand folders
const UNFINISHED = ".unfinished";
const UNFINISHED_MS = 3_600_000; // by the clock of the disk's machine; a write takes seconds

/** Keeps images in a folder. Several processes of a machine may share it. */
export class DiskStorage implements MediaStorage {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async write(mediaId: string, name: string, bytes: Uint8Array): Promise<void> {
    const unfinished = join(this.#root, UNFINISHED, randomUUID());
    const path = this.#path(mediaId, name);
    await mkdir(dirname(unfinished), { recursive: true });
    await mkdir(dirname(path), { recursive: true });
    try {
      const file = await open(unfinished, "wx");
      await synced(file, () => file.writeFile(bytes));
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
    // The file has its name after a loss of power only if all folders on its path are written, too.
    for (const folder of [dirname(path), dirname(dirname(path)), this.#root]) {
      const opened = await open(folder, "r");
      await synced(opened, async () => {});
    }
  }

  read(mediaId: string, name: string): Promise<Buffer | undefined> {
    return ifThere(readFile(this.#path(mediaId, name)));
  }

  async has(mediaId: string, name: string): Promise<boolean> {
    return (await ifThere(stat(this.#path(mediaId, name)))) !== undefined;
  }

  async remove(mediaId: string): Promise<void> {
    await rm(this.#path(mediaId), { recursive: true, force: true });
  }

  /** A place is the name of a folder of the first level: all images of such a folder are listed together. */
  async list(after: string, limit: number): Promise<{ mediaIds: string[]; next?: string }> {
    const all = (await ifThere(readdir(this.#root))) ?? [];
    const shards = all.filter((name) => name > after && name.length === SHARD_CHARS).sort();
    const mediaIds: string[] = [];
    for (const shard of shards) {
      mediaIds.push(...((await ifThere(readdir(join(this.#root, shard)))) ?? []));
      if (mediaIds.length >= limit && shard !== shards.at(-1)) return { mediaIds, next: shard };
    }
    return { mediaIds };
  }

  async sweep(): Promise<void> {
    const folder = join(this.#root, UNFINISHED);
    for (const name of (await ifThere(readdir(folder))) ?? []) {
      const found = await ifThere(stat(join(folder, name)));
      if (found && Date.now() - found.mtimeMs > UNFINISHED_MS) await rm(join(folder, name), { force: true });
    }
  }

  close(): void {}

  #path(mediaId: string, name = ""): string {
    return join(this.#root, mediaId.slice(-SHARD_CHARS), mediaId, name);
  }
}

async function synced(file: FileHandle, write: () => Promise<void>): Promise<void> {
  try {
    await write();
    await file.sync();
  } finally {
    await file.close();
  }
}

async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

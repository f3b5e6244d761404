import { appendFile, mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type SmallDisk, smallDisk } from "#tools/chaos/disk.ts";

const MEGABYTES = 64;
const MEGABYTE = Buffer.alloc(1_048_576);

let home: string;
let disk: SmallDisk | Error;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "tradepost-test-"));
  disk = await smallDisk(join(home, "disk"), MEGABYTES).catch((error: Error) => error);
});

afterAll(async () => {
  if (!(disk instanceof Error)) await disk.remove();
  await rm(home, { recursive: true });
});

/** Takes root on Linux; elsewhere all there is to see is that it says so. */
test("a disk is filled up while others write to it, and freed again", async () => {
  if (disk instanceof Error) {
    expect(disk.message).toMatch(/may not mount/);
    return;
  }
  const { folder } = disk;
  const other = writesUntilFull(join(folder, "other"));
  await disk.fill();
  await expect(appendFile(join(folder, "more"), MEGABYTE)).rejects.toThrow(/ENOSPC/);
  await other;
  await disk.free();
  const { bavail, bsize } = await statfs(folder);
  expect(bavail * bsize).toBeGreaterThan(0);
  await appendFile(join(folder, "more"), "x");
});

async function writesUntilFull(path: string): Promise<void> {
  for (let written = 0; written < MEGABYTES; written++) {
    const full = await appendFile(path, MEGABYTE).then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === "ENOSPC",
    );
    if (full) return;
  }
}

import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parseEnv } from "#config/env.ts";
import { DiskStorage } from "#services/product/media/storage/disk-storage.ts";
import { openStorage } from "#services/product/media/storage/open-storage.ts";
import type { MediaStorage } from "#services/product/media/storage/storage.ts";
import { startS3 } from "#test/support/s3-server.ts";
import { picture, startMedia } from "./media-fixture.ts";

let folder: string;
let s3: Awaited<ReturnType<typeof startS3>>;
let storages: Record<string, MediaStorage>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "media-storage-"));
  s3 = await startS3();
  storages = {
    disk: await openStorage(parseEnv({ DATA_DIR: folder })),
    s3: await openStorage(parseEnv(s3.settings)),
  };
});
afterAll(async () => {
  for (const storage of Object.values(storages)) storage.close();
  await s3.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(["disk", "s3"])("the storage %s", (name) => {
  const storage = () => storages[name] as MediaStorage;

  test("gives back what was written, until all of an image is removed", async () => {
    await storage().write("med_a1", "original.png", Buffer.from("one"));
    await storage().write("med_a1", "original.png", Buffer.from("two")); // again
    await storage().write("med_a1", "9x9-cover.webp", Buffer.from([0, 255, 10]));
    await storage().write("med_b2", "original.png", Buffer.alloc(0));
    expect(await storage().read("med_a1", "original.png")).toEqual(Buffer.from("two"));
    expect(await storage().read("med_a1", "9x9-cover.webp")).toEqual(Buffer.from([0, 255, 10]));
    expect(await storage().read("med_a1", "8x8-cover.webp")).toBeUndefined();
    expect(await storage().read("med_nobody", "original.png")).toBeUndefined();
    expect(await storage().has("med_b2", "original.png")).toBe(true);
    await storage().remove("med_a1");
    await storage().remove("med_a1"); // again
    expect(await storage().has("med_a1", "original.png")).toBe(false);
    expect(await storage().read("med_a1", "9x9-cover.webp")).toBeUndefined();
    expect((await storage().list("", 100)).mediaIds).toEqual(["med_b2"]);
    await storage().remove("med_b2");
  });

  test("lists all images, part by part", async () => {
    const ids = Array.from({ length: 7 }, (_, n) => `med_x${n}`);
    for (const id of ids) await storage().write(id, "original.png", Buffer.from(id));
    const found: string[] = [];
    let after = "";
    do {
      const { mediaIds, next = "" } = await storage().list(after, 3);
      found.push(...mediaIds);
      after = next;
    } while (after !== "");
    expect(found.sort()).toEqual(ids);
    for (const id of ids) await storage().remove(id);
  });
});

test("a shop whose images are in S3 uploads, shows and removes", async () => {
  const shop = await startMedia(s3.settings);
  try {
    const { mediaId } = await shop.upload(await picture(60, 40));
    expect((await shop.read(mediaId, { w: 160 })).bytes.length).toBeGreaterThan(0);
    expect(await shop.files()).toEqual([mediaId]);
    await shop.staff("media.delete", { mediaId });
    expect(await shop.files()).toEqual([]);
  } finally {
    await shop.stop();
  }
});

test("without a bucket the start says which setting is missing", async () => {
  const settings = { ...s3.settings, S3_BUCKET: undefined };
  await expect(openStorage(parseEnv(settings))).rejects.toThrow("S3_BUCKET: is required");
});

test("what an interrupted write has left is removed after an hour", async () => {
  const disk = new DiskStorage(folder);
  await disk.write("med_c3", "original.png", Buffer.from("c"));
  const [old, young] = [join(folder, ".unfinished/old"), join(folder, ".unfinished/young")];
  await writeFile(old, "half");
  await writeFile(young, "half");
  const past = new Date(Date.now() - 2 * 3_600_000);
  await utimes(old, past, past);
  await disk.sweep();
  expect(await readdir(join(folder, ".unfinished"))).toEqual(["young"]);
  expect(await disk.read("med_c3", "original.png")).toEqual(Buffer.from("c"));
});

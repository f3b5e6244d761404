import { rm } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { armFailPoints, FailPoints } from "#lib/fault-injection/fail-points.ts";
import { failPointsOfSchema } from "#mixins/service/fail-point-list.ts";
import { latestOf, type Told } from "#services/product/media/domain/references.ts";
import { collectUnused } from "#services/product/media/jobs/collect-unused.ts";
import { reconcileFiles } from "#services/product/media/jobs/reconcile-files.ts";
import mediaService from "#services/product/media/media.service.ts";
import { writeReferences } from "#services/product/media/references.store.ts";
import { TEST_CAUSE } from "#test/support/stub-service.ts";
import { type MediaShop, picture, startMedia } from "./media-fixture.ts";

let shop: MediaShop;

beforeAll(async () => {
  shop = await startMedia({ MEDIA_UNUSED_SECONDS: "3600" });
});
afterAll(() => shop?.stop());
afterEach(() => armFailPoints(undefined));

const small = () => picture(20, 20);
const ids = async () =>
  (await shop.db.query<{ id: string }>("SELECT media_id AS id FROM media ORDER BY 1")).map(({ id }) => id);
/** Two hours pass, and the jobs run. */
async function twoHoursLater() {
  await shop.applied();
  await shop.db.query("UPDATE media SET unused_since = unused_since - interval '2 hours'");
  await shop.db.query("UPDATE stray SET found_at = found_at - interval '2 hours'");
  await shop.db.query("UPDATE upload_part SET created_at = created_at - interval '2 hours'");
  await shop.run(collectUnused);
  await shop.run(reconcileFiles);
}

describe("an image that no product shows", () => {
  test("is removed with its files after the time, and not before", async () => {
    const shown = await shop.upload(await small());
    const unused = await shop.upload(await small());
    const kept = await shop.upload(await small(), { keep: true });
    const secret = await shop.upload(await small(), { private: true });
    const productId = await shop.show([`https://shop.example${shown.url}?w=320`, "https://elsewhere.example/a.png"]);
    await shop.applied();
    await shop.run(collectUnused);
    expect(await ids()).toEqual(expect.arrayContaining([unused.mediaId]));
    await twoHoursLater();
    expect(await ids()).toEqual([shown, kept, secret].map(({ mediaId }) => mediaId).sort());
    expect(await shop.files()).toEqual(await ids());
    await shop.show([], productId);
    await twoHoursLater();
    expect(await ids()).toEqual([kept, secret].map(({ mediaId }) => mediaId).sort());
  });

  test("begins its time anew when it is uploaded again", async () => {
    const bytes = await small();
    const { mediaId } = await shop.upload(bytes);
    await shop.db.query("UPDATE media SET unused_since = unused_since - interval '2 hours'");
    await shop.upload(bytes);
    await shop.run(collectUnused);
    expect(await ids()).toContain(mediaId);
  });

  test("stays while an event of a product could not be applied", async () => {
    const { mediaId } = await shop.upload(await small());
    const dead = `INSERT INTO dead_letter (consumer_group, event_id, envelope, error, attempts)
                  VALUES ('media', 'evt_1', '{}', 'test', 5)`;
    await shop.db.query(dead);
    await twoHoursLater();
    expect(await ids()).toContain(mediaId);
    await shop.db.query("DELETE FROM dead_letter");
    await twoHoursLater();
    expect(await ids()).not.toContain(mediaId);
  });
});

describe("a node that ends", () => {
  const armed = (setting: string) => armFailPoints(new FailPoints(setting, failPointsOfSchema(mediaService)));

  test("between the file and its row leaves a file that is removed later, and the image can be sent again", async () => {
    const bytes = await small();
    armed("media.upload.before-commit:throw*1");
    await expect(shop.upload(bytes)).rejects.toThrow("fail point");
    const orphans = (await shop.files()).filter((id) => !id.startsWith("med_demo"));
    const known = await ids();
    const stray = orphans.filter((id) => !known.includes(id));
    expect(stray).toHaveLength(1);
    const { mediaId } = await shop.upload(bytes);
    await shop.run(reconcileFiles); // notes it
    expect(await shop.files()).toEqual(expect.arrayContaining([...stray, mediaId])); // it may be an upload under way
    await shop.show([mediaId]);
    await twoHoursLater();
    expect(await shop.files()).toEqual(await ids());
    expect(await ids()).toContain(mediaId);
  });

  test("after the commit has stored the image, and the same bytes find it", async () => {
    const bytes = await small();
    armed("media.upload.after-commit:throw*1");
    await expect(shop.upload(bytes)).rejects.toThrow("fail point");
    const before = await ids();
    await shop.upload(bytes);
    expect(await ids()).toEqual(before);
  });

  test("between the removal of a row and that of its files leaves them to the job", async () => {
    const { mediaId } = await shop.upload(await small());
    armed("media.delete.after-commit:throw*1");
    await expect(shop.staff("media.delete", { mediaId })).rejects.toThrow("fail point");
    expect(await shop.files()).toContain(mediaId);
    await shop.run(reconcileFiles);
    expect(await shop.files()).not.toContain(mediaId);
  });
});

test("parts of an upload that was not finished are removed after an hour", async () => {
  const part = { number: 1, base64: (await small()).toString("base64"), isLast: false, type: "image/png" };
  await shop.staff("media.upload", { part });
  await shop.run(collectUnused);
  expect(await shop.db.query("SELECT 1 FROM upload_part")).toHaveLength(1);
  await twoHoursLater();
  expect(await shop.db.query("SELECT 1 FROM upload_part")).toHaveLength(0);
});

test("an image whose file is lost raises an alarm, stays, and is restored by the same upload", async () => {
  const bytes = await small();
  const { mediaId } = await shop.upload(bytes, { keep: true });
  await rm(shop.folderOf(mediaId), { recursive: true });
  await shop.run(reconcileFiles);
  const missing = "SELECT media_id AS id FROM media WHERE missing_since IS NOT NULL";
  expect(await shop.db.query(missing)).toEqual(expect.arrayContaining([{ id: mediaId }]));
  await expect(shop.read(mediaId)).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
  expect((await shop.upload(bytes)).mediaId).toBe(mediaId);
  expect((await shop.read(mediaId)).bytes.length).toBeGreaterThan(0);
  await shop.run(reconcileFiles);
  expect(await shop.db.query(missing)).not.toContainEqual({ id: mediaId });
});

test("whatever the order in which events arrive, and however often, the latest of each product counts", async () => {
  const event = fc.record({
    product: fc.integer({ min: 0, max: 2 }),
    sequence: fc.integer({ min: 1, max: 6 }),
  });
  const batches = fc.array(fc.array(event, { maxLength: 6 }), { minLength: 1, maxLength: 6 });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(batches, async (arriving) => {
      run += 1;
      const told = ({ product, sequence }: { product: number; sequence: number }): Told => ({
        productId: `prod_${run}_${product}`,
        sequence,
        mediaIds: [0, 1, 2].filter((bit) => (sequence >> bit) & 1).map((bit) => `med_${run}_${bit}`),
      });
      for (const batch of arriving)
        await shop.db.transaction(TEST_CAUSE, (tx) => writeReferences(tx, latestOf(batch.map(told))));
      const expected = latestOf(arriving.flat().map(told)).flatMap(({ productId, mediaIds }) =>
        mediaIds.map((mediaId) => `${productId} ${mediaId}`),
      );
      const rows = await shop.db.query<{ pair: string }>(
        "SELECT product_id || ' ' || media_id AS pair FROM product_image WHERE product_id LIKE $1",
        [`prod\\_${run}\\_%`],
      );
      expect(rows.map(({ pair }) => pair).sort()).toEqual(expected.sort());
    }),
    { numRuns: 40 },
  );
});

test("whatever is uploaded, shown, removed and collected: what a product shows is there, and files are those of rows", async () => {
  const pictures = await Promise.all([1, 2, 3].map(small));
  const step = fc.oneof(
    fc.record({ kind: fc.constant("upload" as const), image: fc.nat(2) }),
    fc.record({ kind: fc.constant("show" as const), product: fc.nat(1), images: fc.subarray([0, 1, 2]) }),
    fc.record({ kind: fc.constant("delete" as const), image: fc.nat(2) }),
    fc.record({ kind: fc.constant("later" as const) }),
  );
  let sequence = 0;
  const tell = (productId: string, mediaIds: string[]) => {
    sequence += 1;
    return shop.db.transaction(TEST_CAUSE, (tx) => writeReferences(tx, [{ productId, sequence, mediaIds }]));
  };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      const uploaded = new Map<number, string>();
      const shown = new Map<number, number[]>();
      const isShown = (image: number) => [...shown.values()].some((images) => images.includes(image));
      for (const one of steps) {
        if (one.kind === "upload")
          uploaded.set(one.image, (await shop.upload(pictures[one.image] ?? Buffer.alloc(0))).mediaId);
        if (one.kind === "show") {
          const images = one.images.filter((n) => uploaded.has(n));
          shown.set(one.product, images);
          await tell(
            `prod_model_${one.product}`,
            images.flatMap((n) => uploaded.get(n) ?? []),
          );
        }
        if (one.kind === "delete") {
          const mediaId = uploaded.get(one.image);
          if (mediaId === undefined) continue;
          const removed = shop.staff("media.delete", { mediaId });
          if (isShown(one.image)) await expect(removed).rejects.toMatchObject({ type: "MEDIA_IN_USE" });
          else await removed.then(() => uploaded.delete(one.image));
        }
        if (one.kind === "later") {
          await twoHoursLater();
          for (const n of [...uploaded.keys()]) if (!isShown(n)) uploaded.delete(n);
        }
      }
      for (const mediaId of uploaded.values()) expect((await shop.original(mediaId)).length).toBeGreaterThan(0);
      await Promise.all([0, 1].map((product) => tell(`prod_model_${product}`, [])));
      await twoHoursLater();
      expect(await shop.files()).toEqual(await ids());
    }),
    { numRuns: 15 },
  );
});

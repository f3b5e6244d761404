import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import sharp from "sharp";
import { eventually } from "#test/support/eventually.ts";
import { expiredLink, type MediaShop, noise, picture, startMedia } from "./media-fixture.ts";

let shop: MediaShop;

beforeAll(async () => {
  shop = await startMedia({ MEDIA_SIZES: "50,100,200,900", MEDIA_PIXELS: "4000000", MEDIA_BYTES: "3000000" });
});
afterAll(() => shop?.stop());

const parts = async () => (await shop.db.query("SELECT 1 FROM upload_part")).length;
const refused = (type: string, detail?: string) => ({
  type,
  ...(detail === undefined ? {} : { message: expect.stringContaining(detail) }),
});

describe("an upload", () => {
  test.each(["jpeg", "png", "webp", "avif", "gif"] as const)("of %s is known by its content", async (format) => {
    const stored = await shop.upload(await picture(120, 80, format));
    expect(stored).toMatchObject({ width: 120, height: 80, url: `/api/v1/media/${stored.mediaId}`, private: false });
    const { bytes, type } = await shop.read(stored.mediaId, { w: 50 });
    expect(type).toBe("image/webp");
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "webp", width: 50, height: 33 });
  });

  test("in many parts is one image, and leaves no part", async () => {
    const bytes = await picture(60, 60);
    const stored = await shop.upload(bytes, { partBytes: 50 });
    expect(await shop.upload(bytes)).toEqual(stored); // the same bytes again, in one part
    expect(await parts()).toBe(0);
  });

  test("of the same bytes at the same moment gives one image with one file", async () => {
    const bytes = await picture(60, 60);
    const stored = await Promise.all([1, 2, 3].map(() => shop.upload(bytes)));
    expect(new Set(stored.map(({ mediaId }) => mediaId)).size).toBe(1);
    const rows = await shop.db.query<{ media_id: string }>("SELECT media_id FROM media ORDER BY media_id");
    expect(await shop.files()).toEqual(rows.map(({ media_id }) => media_id));
  });

  test("of anything else is refused, whatever its header says", async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    for (const bytes of [svg, Buffer.from("%PDF-1.7"), Buffer.from("GIF"), Buffer.alloc(0), Buffer.alloc(100)])
      await expect(shop.upload(bytes)).rejects.toMatchObject(refused("UNSUPPORTED_MEDIA_TYPE", "not a JPEG, PNG"));
    // It is refused with its first part, so that the others need not be sent.
    const part = { number: 1, base64: svg.toString("base64"), isLast: false, type: "image/png" };
    await expect(shop.staff("media.upload", { part })).rejects.toMatchObject(refused("UNSUPPORTED_MEDIA_TYPE"));
  });

  test("that ends early is refused, and so is one that is damaged", async () => {
    for (const format of ["jpeg", "png", "webp", "avif", "gif"] as const) {
      const whole = await noise(90, 90)
        [format](format === "avif" ? { effort: 0 } : {})
        .toBuffer();
      const cut = whole.subarray(0, Math.floor(whole.length * 0.6));
      await expect([format, await shop.upload(cut).catch(({ type }) => type)]).toEqual([format, "IMAGE_UNREADABLE"]);
    }
    const head = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(500, 1)]);
    await expect(shop.upload(head, { partBytes: 100 })).rejects.toMatchObject(refused("IMAGE_UNREADABLE"));
  });

  test("of a small file with very many pixels is refused before it is decoded", async () => {
    const bomb = await sharp({ create: { width: 6_000, height: 6_000, channels: 3, background: "#fff" } })
      .png({ compressionLevel: 9 })
      .toBuffer();
    expect(bomb.length).toBeLessThan(3_000_000);
    const began = performance.now();
    await expect(shop.upload(bomb)).rejects.toMatchObject(refused("TOO_MANY_PIXELS", "6000 x 6000"));
    expect(performance.now() - began).toBeLessThan(2_000); // decoding takes 108 MB of memory, and longer
    const wide = Buffer.from(bomb); // its header says that it is 2^30 pixels wide
    wide.writeUInt32BE(2 ** 30, 16);
    await expect(shop.upload(wide)).rejects.toMatchObject({
      type: expect.stringMatching(/TOO_MANY_PIXELS|IMAGE_UNREADABLE/),
    });
  });

  test("of too many bytes is refused as soon as that is known", async () => {
    const part = { number: 2, base64: Buffer.alloc(400_000).toString("base64"), isLast: false, type: "image/png" };
    const before = { uploadId: "upl_1", received: 2_800_000 };
    await expect(shop.staff("media.upload", { part, before })).rejects.toMatchObject(refused("BODY_TOO_LARGE"));
  });

  test("whose parts were removed meanwhile is refused", async () => {
    const part = { number: 3, base64: "AAAA", isLast: true, type: "image/png" };
    await expect(
      shop.staff("media.upload", { part, before: { uploadId: "upl_2", received: 3 } }),
    ).rejects.toMatchObject(refused("SERVICE_UNAVAILABLE", "Send it again"));
  });

  test("is turned upright, and loses its metadata", async () => {
    const left = await sharp({ create: { width: 60, height: 40, channels: 3, background: "#0000ff" } })
      .composite([
        {
          input: await sharp({ create: { width: 60, height: 10, channels: 3, background: "#ff0000" } })
            .png()
            .toBuffer(),
          left: 0,
          top: 0,
        },
      ])
      .withExif({ IFD0: { Copyright: "Somebody", Make: "Camera" }, IFD3: { GPSLatitude: "51/1 30/1 0/1" } })
      .withMetadata({ orientation: 6 }) // what is on top belongs to the right
      .jpeg({ quality: 100 })
      .toBuffer();
    expect((await sharp(left).metadata()).exif?.toString("latin1")).toContain("Somebody");
    const { mediaId, ...stored } = await shop.upload(left);
    expect(stored).toMatchObject({ width: 40, height: 60, type: "image/jpeg" });
    const { bytes } = await shop.read(mediaId, { format: "jpeg" });
    const file = await shop.original(mediaId);
    for (const image of [bytes, file]) {
      expect(await sharp(image).metadata()).toMatchObject({ width: 40, height: 60 });
      expect((await sharp(image).metadata()).exif).toBeUndefined();
      expect(image.toString("latin1")).not.toContain("Somebody");
    }
    const { data } = await sharp(file)
      .extract({ left: 36, top: 30, width: 1, height: 1 })
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(data[0]).toBeGreaterThan(200); // red is on the right
    expect(data[2]).toBeLessThan(80);
  });
});

describe("an image in a size", () => {
  test("has exactly the sizes that were asked for, rounded up to those of the shop", async () => {
    const { mediaId } = await shop.upload(await picture(400, 200));
    const sizeOf = async (query: Record<string, unknown>) => {
      const { width, height, format } = await sharp((await shop.read(mediaId, query)).bytes).metadata();
      return [width, height, format];
    };
    expect(await sizeOf({ w: 100 })).toEqual([100, 50, "webp"]);
    expect(await sizeOf({ w: 51 })).toEqual([100, 50, "webp"]);
    expect(await sizeOf({ w: 9_999 })).toEqual([400, 200, "webp"]);
    expect(await sizeOf({ h: 50 })).toEqual([100, 50, "webp"]);
    expect(await sizeOf({})).toEqual([400, 200, "webp"]);
    expect(await sizeOf({ w: 50, h: 50 })).toEqual([50, 25, "webp"]);
    expect(await sizeOf({ w: 50, h: 50, fit: "cover", format: "jpeg" })).toEqual([50, 50, "jpeg"]);
    expect(await sizeOf({ w: 100, h: 50, fit: "cover", format: "avif" })).toEqual([100, 50, "heif"]);
  });

  test("is never enlarged", async () => {
    const { mediaId } = await shop.upload(await picture(30, 20));
    const { bytes } = await shop.read(mediaId, { w: 200, h: 200, fit: "cover" });
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 20, height: 20 });
    expect(await sharp((await shop.read(mediaId, { w: 200 })).bytes).metadata()).toMatchObject({ width: 30 });
  });

  test("is made once, however many ask for it, and then kept", async () => {
    const { mediaId } = await shop.upload(await picture(300, 300));
    const answers = await Promise.all(Array.from({ length: 20 }, () => shop.read(mediaId, { w: 100 })));
    expect(new Set(answers.map(({ base64 }) => base64)).size).toBe(1);
    expect(answers[0]).toMatchObject({ immutable: true });
    expect((await shop.namesOf(mediaId)).sort()).toEqual(["100x100-contain.webp", "original.png"]);
  });

  test("of an unknown image is not found", async () => {
    await expect(shop.read("med_nobody")).rejects.toMatchObject(refused("NOT_FOUND"));
    await expect(shop.read("../../etc")).rejects.toMatchObject(refused("NOT_FOUND"));
  });
});

describe("a private image", () => {
  test("is read by its link only, until that expires", async () => {
    const bytes = await picture(60, 60);
    const { mediaId } = await shop.upload(bytes, { private: true });
    expect((await shop.upload(bytes)).mediaId).not.toBe(mediaId); // a public one of the same bytes is another one
    await expect(shop.read(mediaId)).rejects.toMatchObject(refused("NOT_FOUND"));
    const { url } = await shop.staff("media.createLink", { mediaId, expiresInSeconds: 60 });
    const query = new URL(url, "http://shop").searchParams;
    const link = { expires: Number(query.get("expires")), signature: query.get("signature") };
    expect(await shop.read(mediaId, { w: 50, ...link })).toMatchObject({ immutable: false });
    const forged = [{ ...link, expires: link.expires + 1 }, { ...link, signature: "x" }, { expires: link.expires }];
    for (const wrong of forged) await expect(shop.read(mediaId, wrong)).rejects.toMatchObject(refused("NOT_FOUND"));
    await expect(shop.read(mediaId, await expiredLink(shop, mediaId))).rejects.toMatchObject(refused("LINK_EXPIRED"));
  });
});

describe("staff", () => {
  test("list images, and see which ones no product shows", async () => {
    const shown = await shop.upload(await picture(40, 40));
    const unused = await shop.upload(await picture(40, 40));
    await shop.show([shown.url]);
    await shop.applied();
    const first = await shop.staff("media.list", { limit: 1 });
    expect(first.media).toEqual([{ ...unused, products: 0 }]);
    const { media: rest } = await shop.staff("media.list", { limit: 100, cursor: first.pagination.next ?? "" });
    expect(rest[0]).toEqual({ ...shown, products: 1 });
    const [list] = JSON.parse(Buffer.from(first.pagination.next ?? "", "base64url").toString()) as string[];
    for (const time of ["yesterday", 1e300, -1]) {
      const cursor = Buffer.from(JSON.stringify([list, time, ""])).toString("base64url");
      const answer = shop.staff("media.list", { cursor });
      if (time === -1) expect((await answer).media).toEqual([]);
      else await expect(answer).rejects.toMatchObject(refused("VALIDATION_FAILED"));
    }
    const { media } = await shop.staff("media.list", { unused: false });
    expect(media.map(({ mediaId }) => mediaId)).toEqual([shown.mediaId]);
  });

  test("remove an image with its files, unless a product shows it", async () => {
    const { mediaId, url } = await shop.upload(await picture(40, 40));
    const productId = await shop.show([url]);
    await shop.applied();
    await expect(shop.staff("media.delete", { mediaId })).rejects.toMatchObject(refused("MEDIA_IN_USE"));
    await shop.archive(productId);
    await shop.applied();
    await shop.read(mediaId);
    await shop.staff("media.delete", { mediaId });
    expect(await shop.files()).not.toContain(mediaId);
    await expect(shop.read(mediaId)).rejects.toMatchObject(refused("NOT_FOUND"));
    await expect(shop.staff("media.delete", { mediaId })).rejects.toMatchObject(refused("NOT_FOUND"));
  });

  test("without the scope may do nothing", async () => {
    const part = { number: 1, base64: "", isLast: true, type: "image/png" };
    await expect(shop.guest("media.upload", { part })).rejects.toMatchObject(refused("UNAUTHENTICATED"));
    const other = shop.as({ kind: "staff", staffId: "staff_2", scopes: ["catalog:write", "media:read"] });
    for (const call of [
      other("media.upload", { part }),
      other("media.delete", { mediaId: "med_1" }),
      other("media.createLink", { mediaId: "med_1", expiresInSeconds: 1 }),
    ])
      await expect(call).rejects.toMatchObject(refused("FORBIDDEN"));
  });
});

test("the pictures of the demonstration shop are drawn when they are needed, once", async () => {
  const demo = await startMedia({ SEED_DEMO: "on" });
  try {
    await eventually(async () =>
      expect((await demo.staff("media.list", { limit: 1 })).pagination.total).toBeGreaterThan(20),
    );
    expect(await demo.files()).toEqual([]);
    const [first] = await Promise.all([320, 640].map((w) => demo.read("med_demo_enamel_mug", { w })));
    expect(await sharp(first?.bytes).metadata()).toMatchObject({ width: 320, height: 320 });
    expect(await demo.files()).toEqual(["med_demo_enamel_mug"]);
  } finally {
    await demo.stop();
  }
});

import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import sharp from "sharp";
import { Client, newCustomer, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";

describe.each(MODES)("images over HTTP, %s", (mode) => {
  let folder: string;
  let shop: Shop;
  let staff: Client;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "media-shop-"));
    shop = await startShop(mode, { DATA_DIR: folder, MEDIA_BYTES: "4000000" });
    staff = await staffMember(shop);
  });
  afterAll(async () => {
    await shop?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${shop.url}${path}`, { headers });
  const upload = async (bytes: Uint8Array, query = "", token = staff.token, type = "image/png") => {
    const headers = { "content-type": type, ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const answer = await fetch(`${shop.url}/api/v1/media${query}`, {
      method: "POST",
      headers,
      body: Buffer.from(bytes),
    });
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };
  /** So much noise that it comes in several parts. */
  const large = () =>
    sharp(Buffer.from(Array.from({ length: 700 * 500 * 3 }, () => Math.random() * 256)), {
      raw: { width: 700, height: 500, channels: 3 },
    })
      .png()
      .toBuffer();

  test("an upload in several parts is shown in any size, immutable, with an ETag", async () => {
    const bytes = await large();
    expect(bytes.length).toBeGreaterThan(600_000);
    const { status, body } = await upload(bytes);
    expect([status, body]).toEqual([201, expect.objectContaining({ width: 700, height: 500, type: "image/png" })]);
    expect((await upload(bytes)).body).toEqual(body);
    const address = `${body.url}?w=300&h=300&fit=cover&format=jpeg`;
    for (const _ of ["made", "cached"]) {
      const answer = await get(address);
      expect(answer.status).toBe(200);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        "cache-control": "public, max-age=31536000, immutable",
        "content-type": "image/jpeg",
        "x-content-type-options": "nosniff",
        etag: expect.stringMatching(/^"[\w-]+"$/),
      });
      expect(answer.headers.get("vary") ?? "").not.toContain("Accept,");
      expect(await sharp(await answer.arrayBuffer()).metadata()).toMatchObject({ width: 320, height: 320 });
      const again = await get(address, { "if-none-match": answer.headers.get("etag") ?? "" });
      expect([again.status, await again.text()]).toEqual([304, ""]);
    }
  });

  test("a private image is not kept by anybody, and its link ends", async () => {
    const { body } = await upload(await large(), "?private=true");
    expect((await get(body.url)).status).toBe(404);
    const link = await staff.post(`/media/${body.mediaId}/links`, { expiresInSeconds: 1 });
    expect(link.status).toBe(201);
    const answer = await get(`${link.body.url}&w=160`);
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "private, no-cache"]);
    await eventually(async () => expect((await get(`${link.body.url}&w=160`)).status).toBe(410));
  });

  test("what is no image, too large, or sent by somebody else is refused with a problem", async () => {
    const svg = await upload(
      Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"),
      "",
      staff.token,
      "image/svg+xml",
    );
    expect(svg).toMatchObject({
      status: 415,
      body: { code: "UNSUPPORTED_MEDIA_TYPE", detail: expect.stringContaining("JPEG") },
    });
    expect(await upload(Buffer.from("hello"), "", staff.token, "text/plain")).toMatchObject({ status: 415 });
    const long = Buffer.concat([await large(), Buffer.alloc(4_000_000)]);
    expect(await upload(long)).toMatchObject({ status: 413, body: { code: "BODY_TOO_LARGE" } });
    expect(await upload(await large(), "", "")).toMatchObject({ status: 401 });
    expect(await upload(await large(), "", (await newCustomer(shop)).token)).toMatchObject({ status: 403 });
    expect(await upload(await large(), "?before=%7B%7D")).toMatchObject({ status: 422 });
    expect((await get(`/api/v1/media/med_${randomUUID().slice(0, 8)}`)).status).toBe(404);
    expect((await get("/api/v1/media/med_demo_enamel_mug?w=0")).status).toBe(422);
  });

  test("the demonstration shop has pictures, which are drawn when they are first seen", async () => {
    const { body } = await new Client(shop).get("/products?limit=100");
    const images: string[] = body.products.flatMap((product: { images: string[] }) => product.images);
    expect(body.products.every((product: { images: string[] }) => product.images.length > 0)).toBe(true);
    for (const url of images.slice(0, 3)) {
      const answer = await get(`${url}?w=160`);
      expect([url, answer.status, answer.headers.get("content-type")]).toEqual([url, 200, "image/webp"]);
    }
  });
});

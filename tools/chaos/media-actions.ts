import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import type { Request } from "./http.ts";
import type { Random } from "./random.ts";
import type { Caller } from "./shoppers.ts";

const POLLS = 100;
const POLL_MS = 400;
const PIXELS = 8;

/** Unused images are removed after this time in a shop under test: so soon that it happens in every run. */
export const UNUSED_SECONDS = 3;

/**
 * Staff upload images, show one of them with a product, and leave one unused; another one is deleted. It ends when the
 * unused one was removed, so that the service has also looked at the others meanwhile.
 */
export async function mediaActions({ staff }: { staff: Caller }, random: Random): Promise<void> {
  const [shown, unused, deleted] = await Promise.all([1, 2, 3].map(() => upload(staff, random)));
  if (!shown || !unused) return; // media was down for long
  const slug = `pictured-${randomUUID()}`;
  const send = (method: Request["method"], path: string, body?: object) =>
    staff.insist("media", {
      ...{ method, path },
      headers: { "idempotency-key": randomUUID() },
      ...(body ? { body } : {}),
    });
  const images = [`/api/v1/media/${shown}`];
  const product = await send("POST", "/products", { title: slug, slug, images, variants: [{ sku: slug }] });
  await send("GET", `/media/${shown}?w=160`);
  if (deleted) await send("DELETE", `/media/${deleted}`);
  for (let poll = 0; poll < POLLS; poll++) {
    const listed = await send("GET", "/media?unused=true&limit=100");
    const still = listed?.body.media?.some(({ mediaId }: { mediaId: string }) => mediaId === unused);
    if (still === false) break;
    await sleep(POLL_MS);
  }
  if (random.next() < 0.5) await send("PUT", `/products/${product?.body.productId}`, { images: [] });
}

/** @returns the id of a new image; undefined without an answer */
async function upload(staff: Caller, random: Random): Promise<string | undefined> {
  const [r, g, b] = [random.between(0, 255), random.between(0, 255), random.between(0, 255)];
  const dot = Buffer.from(randomUUID().replaceAll("-", "").slice(0, 24), "hex");
  const input = await sharp(dot, { raw: { width: 2, height: 2, channels: 3 } })
    .png()
    .toBuffer();
  const body = await sharp({ create: { width: PIXELS, height: PIXELS, channels: 3, background: { r, g, b } } })
    .composite([{ input, left: 0, top: 0 }])
    .png()
    .toBuffer();
  const answer = await staff.insist("upload", {
    ...{ method: "POST", path: "/media", headers: { "content-type": "image/png" } },
    body,
  });
  return answer?.status === 201 ? answer.body.mediaId : undefined;
}

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import sharp from "sharp";
import { demoPictures, demoProducts } from "#config/demo.ts";
import { ByteCache } from "#lib/byte-cache.ts";
import { chunkOf } from "#services/product/media/domain/chunk.ts";
import { parseSizes, planDerivative } from "#services/product/media/domain/derivative.ts";
import { imageTypeOf } from "#services/product/media/domain/image-type.ts";
import { mediaIdsIn } from "#services/product/media/domain/references.ts";
import { drawingOf } from "#services/product/media/drawings/drawings.ts";
import { picture } from "#services/product/media/drawings/scene.ts";

/** Pixels of an inch that make a drawing 200 pixels wide, which is drawn in milliseconds. */
const SMALL_DENSITY = 12;

const pixels = fc.integer({ min: 1, max: 5_000 });
const sizes = fc
  .uniqueArray(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 6 })
  .map((some) => parseSizes(some.join()));
const wish = fc.record(
  { w: pixels, h: pixels, fit: fc.constantFrom("cover" as const, "contain" as const) },
  { requiredKeys: [] },
);

describe("an image in another size", () => {
  test("is never enlarged, never larger than the largest size, and never without pixels", () => {
    fc.assert(
      fc.property(fc.record({ width: pixels, height: pixels }), wish, sizes, (image, asked, allowed) => {
        const { width, height } = planDerivative(image, asked, allowed);
        expect(Math.min(width, height)).toBeGreaterThanOrEqual(1);
        expect(width).toBeLessThanOrEqual(image.width);
        expect(height).toBeLessThanOrEqual(image.height);
        // With one side alone the other may be longer.
        if ((asked.w === undefined) === (asked.h === undefined))
          expect(Math.max(width, height)).toBeLessThanOrEqual(allowed.at(-1) ?? 0);
      }),
    );
  });

  test("keeps its shape with contain, and has the asked one with cover", () => {
    expect(planDerivative({ width: 3_000, height: 2_000 }, { w: 300, h: 300, fit: "cover" }, [320, 640])).toEqual({
      ...{ width: 320, height: 320, fit: "cover", format: "webp", name: "320x320-cover.webp" },
    });
    expect(planDerivative({ width: 3_000, height: 2_000 }, { w: 300, h: 300 }, [320, 640])).toMatchObject({
      ...{ width: 320, height: 213, fit: "contain" },
    });
  });

  test("is one of few, whatever sizes are asked for", () => {
    const image = { width: 4_000, height: 3_000 };
    const allowed = parseSizes("160,320,480,640,960,1280,1920");
    const names = new Set<string>();
    for (let w = 1; w < 2_500; w += 7)
      for (let h = 1; h < 2_500; h += 97)
        for (const fit of ["cover", "contain"] as const)
          for (const asked of [
            { w, h, fit },
            { w, fit },
            { h, fit },
          ])
            names.add(planDerivative(image, asked, allowed).name);
    expect(names.size).toBeLessThanOrEqual(7 * 7 + 7 + 7 + 1);
  });
});

test("sizes of the setting are sorted, each once", () => {
  expect(parseSizes("640,160,640,320")).toEqual([160, 320, 640]);
});

describe("a type", () => {
  test("is that of the first bytes", () => {
    const of = (text: string) => imageTypeOf(Buffer.from(text, "latin1"));
    expect(of("\xff\xd8\xff\xe0")).toBe("image/jpeg");
    expect(of("\x89PNG\r\n\x1a\n")).toBe("image/png");
    expect(of("GIF89a")).toBe("image/gif");
    expect(of("RIFF\x00\x00\x00\x00WEBPVP8 ")).toBe("image/webp");
    expect(of("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf")).toBe("image/avif");
    expect(of("\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00avifmif1miaf")).toBe("image/avif");
    expect(of("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1")).toBeUndefined(); // HEIC is another codec
    for (const other of ["", "<svg xmlns=", "BM", "II*\x00", "RIFF\x00\x00\x00\x00WAVE", "ftypavif"])
      expect(of(other)).toBeUndefined();
  });

  test("is found or not in any bytes, without a failure", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void imageTypeOf(bytes)));
  });
});

test("chunks together are all bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), fc.integer({ min: 1, max: 20 }), (content, atMost) => {
      const bytes = Buffer.from(content);
      const parts: Buffer[] = [];
      for (let next: string | undefined = "0"; next !== undefined; ) {
        const chunk: ReturnType<typeof chunkOf> = chunkOf(bytes, Number(next), atMost);
        parts.push(Buffer.from(chunk.base64, "base64"));
        next = chunk.next;
      }
      expect(Buffer.concat(parts)).toEqual(bytes);
      expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(atMost);
    }),
  );
});

test("our own images are found among those of a product", () => {
  expect(
    mediaIdsIn([
      "/api/v1/media/med_1",
      "https://shop.example/api/v1/media/med_2?w=320",
      "med_3",
      "med_1",
      "https://shop.example/api/v1/media/med_4#top",
      "https://shop.example/api/v1/media/med_5/other",
      "https://elsewhere.example/med_6.png",
    ]),
  ).toEqual(["med_1", "med_2", "med_3", "med_4"]);
});

test("each product of the demonstration shop has drawings, and each drawing belongs to one", () => {
  expect(demoPictures.length).toBeGreaterThanOrEqual(demoProducts.length);
  const drawn = demoPictures.map(({ drawing }) => drawingOf(drawing));
  expect(new Set(drawn).size).toBe(drawn.length);
  for (const svg of drawn) expect(svg).not.toMatch(/NaN|undefined|<text|href/);
  expect(() => drawingOf("no-such-thing")).toThrow("no drawing");
});

test("each drawing shows more than its ground", async () => {
  const entropyOf = async (svg: string) => {
    const small = await sharp(Buffer.from(svg), { density: SMALL_DENSITY }).png().toBuffer();
    return (await sharp(small).stats()).entropy;
  };
  const ground = await entropyOf(picture({ shadows: [], body: "" }));
  const empty: string[] = [];
  for (const { drawing } of demoPictures) if ((await entropyOf(drawingOf(drawing))) < ground + 0.5) empty.push(drawing);
  expect(empty).toEqual([]);
});

describe("a cache that is bounded in bytes", () => {
  const value = (byteLength: number) => ({ byteLength });

  test("holds at most so many bytes, and what was used last", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 60 })), { maxLength: 80 }),
        (sets) => {
          const filled = () => {
            const cache = new ByteCache<{ byteLength: number }>(100);
            for (const [key, bytes] of sets) cache.set(`k${key}`, value(bytes));
            return cache;
          };
          const held = Array.from({ length: 21 }, (_, n) => filled().get(`k${n}`)?.byteLength); // a look may move a value
          expect(held.reduce<number>((sum, size) => sum + (size ?? 0), 0)).toBeLessThanOrEqual(100);
          const last = new Map(sets);
          for (const [key, size] of held.entries()) expect([undefined, last.get(key)]).toContain(size);
          const [key, bytes] = sets.at(-1) ?? [0, 99];
          expect(held[key]).toBe(bytes <= 50 ? bytes : undefined);
        },
      ),
    );
  });

  test("keeps what is used, and forgets all that begins alike", () => {
    const cache = new ByteCache<{ byteLength: number }>(100);
    cache.set("used", value(10));
    for (let n = 0; n < 30; n++) {
      cache.set(`a/${n}`, value(10));
      expect(cache.get("used")).toBeDefined();
    }
    expect(cache.get("a/0")).toBeUndefined();
    expect(cache.get("a/29")).toBeDefined();
    cache.deleteBeginning("a/");
    expect(cache.get("a/29")).toBeUndefined();
    expect(cache.get("used")).toBeDefined();
  });
});

import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { skuFingerprint } from "#lib/contract/sku-fingerprint.ts";
import { EdgeCache } from "#services/platform/gateway/rest/edge-cache.ts";

const changed = (...skus: string[]) => skus.map(skuFingerprint);
const shown = (answer: { skus: string[] }) => answer.skus;
const bodyOf = (cache: EdgeCache, url: string) => cache.fresh(url)?.plain.body.toString();

test("concurrent requests for a missing response share one call", async () => {
  const cache = new EdgeCache();
  let calls = 0;
  const read = async () => ({ n: ++calls });
  const responses = await Promise.all(Array.from({ length: 10 }, () => cache.load("/a", read)));
  expect(calls).toBe(1);
  expect(new Set(responses.map(({ plain }) => plain.headers.ETag)).size).toBe(1);
  expect(bodyOf(cache, "/a")).toBe('{"n":1}');
});

test.each([
  ["of everything", (cache: EdgeCache) => cache.invalidate()],
  ["of a sku that the response shows", (cache: EdgeCache) => cache.invalidateSkus(changed("A"))],
])(
  "a response that was read before an invalidation %s is neither stored nor sent to requests after it",
  async (_, invalidate) => {
    const cache = new EdgeCache();
    let finish = (_: { skus: string[]; price: number }) => {};
    const reading = new Promise<{ skus: string[]; price: number }>((resolve) => (finish = resolve));
    const old = cache.load("/a", () => reading, { skus: shown });
    invalidate(cache);
    const fresh = cache.load("/a", async () => ({ skus: ["A"], price: 2 }), { skus: shown });
    finish({ skus: ["A"], price: 1 });
    expect((await old).plain.body.toString()).toBe('{"skus":["A"],"price":1}');
    expect((await fresh).plain.body.toString()).toBe('{"skus":["A"],"price":2}');
    expect(bodyOf(cache, "/a")).toBe('{"skus":["A"],"price":2}');
  },
);

test("a changed sku leaves the responses that do not show it, also those that are read meanwhile", async () => {
  const cache = new EdgeCache();
  for (const [url, skus] of [
    ["/a", ["A"]],
    ["/ab", ["A", "B"]],
    ["/c", ["C"]],
  ] as const)
    await cache.load(url, async () => ({ skus: [...skus] }), { skus: shown });
  await cache.load("/brands", async () => ({ brands: [] }));
  let finish = (_: { skus: string[] }) => {};
  const loading = cache.load("/d", () => new Promise<{ skus: string[] }>((resolve) => (finish = resolve)), {
    skus: shown,
  });
  cache.invalidateSkus(changed("A", "Z"));
  finish({ skus: ["D"] });
  await loading;
  const urls = ["/a", "/ab", "/c", "/brands", "/d"];
  expect(urls.filter((url) => cache.fresh(url))).toEqual(["/c", "/brands", "/d"]);
  cache.invalidate();
  expect(urls.filter((url) => cache.fresh(url))).toEqual([]);
});

test("a response of which nobody says what it shows is not stored when any sku changed while it was read", async () => {
  const cache = new EdgeCache();
  let finish = (_: object) => {};
  const loading = cache.load("/a", () => new Promise<object>((resolve) => (finish = resolve)));
  cache.invalidateSkus(changed("A"));
  finish({});
  await loading;
  expect(cache.fresh("/a")).toBeUndefined();
});

test("whatever is stored, dropped and replaced, a changed sku drops just the responses that show it", async () => {
  const skus = fc.subarray(["A", "B", "C", "D"]);
  const url = fc.constantFrom("/1", "/2", "/3", "/4", "/5", "/6");
  const step = fc.oneof(fc.record({ url, skus }), fc.record({ changed: skus }));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const cache = new EdgeCache(4);
      const expected = new Map<string, string[]>();
      for (const one of steps) {
        if ("changed" in one) {
          cache.invalidateSkus(changed(...one.changed));
          for (const [at, shows] of expected) if (shows.some((sku) => one.changed.includes(sku))) expected.delete(at);
        } else if (!expected.has(one.url)) {
          await cache.load(one.url, async () => ({ skus: one.skus }), { skus: shown });
          const [oldest] = expected.keys();
          if (oldest !== undefined && expected.size >= 4) expected.delete(oldest);
          expected.set(one.url, one.skus);
        }
        for (const at of ["/1", "/2", "/3", "/4", "/5", "/6"])
          expect(cache.fresh(at) !== undefined).toBe(expected.has(at));
      }
    }),
  );
});

test("a failed read is not cached", async () => {
  const cache = new EdgeCache();
  await expect(cache.load("/a", () => Promise.reject(new Error("down")))).rejects.toThrow("down");
  expect((await cache.load("/a", async () => ({ ok: true }))).plain.body.toString()).toBe('{"ok":true}');
});

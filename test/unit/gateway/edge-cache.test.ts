import { expect, test } from "@jest/globals";
import { EdgeCache } from "#services/platform/gateway/rest/edge-cache.ts";

test("concurrent requests for a missing response share one call", async () => {
  const cache = new EdgeCache();
  let calls = 0;
  const read = async () => ({ n: ++calls });
  const responses = await Promise.all(Array.from({ length: 10 }, () => cache.load("/a", read)));
  expect(calls).toBe(1);
  expect(new Set(responses.map(({ plain }) => plain.headers.ETag)).size).toBe(1);
  expect(cache.fresh("/a")?.plain.body.toString()).toBe('{"n":1}');
});

test("a response that was read before an invalidation is neither stored nor sent to requests after it", async () => {
  const cache = new EdgeCache();
  let finish = (_: object) => {};
  const old = cache.load("/a", () => new Promise((resolve) => (finish = resolve)));
  cache.invalidate();
  const fresh = cache.load("/a", async () => ({ price: 2 }));
  finish({ price: 1 });
  expect((await old).plain.body.toString()).toBe('{"price":1}');
  expect((await fresh).plain.body.toString()).toBe('{"price":2}');
  expect(cache.fresh("/a")?.plain.body.toString()).toBe('{"price":2}');
});

test("a failed read is not cached", async () => {
  const cache = new EdgeCache();
  await expect(cache.load("/a", () => Promise.reject(new Error("down")))).rejects.toThrow("down");
  expect((await cache.load("/a", async () => ({ ok: true }))).plain.body.toString()).toBe('{"ok":true}');
});

import { expect, test } from "@jest/globals";
import { KnownTerms } from "#services/product/pricing/steps/known-terms.ts";

const MOST = 10;

/** Terms of which each reading finds the next one of these versions, and then the last one again and again. */
function termsOf(...versions: number[]) {
  const read = { times: 0 };
  const terms = new KnownTerms(async () => {
    const version = versions[Math.min(read.times, versions.length - 1)] ?? 0;
    read.times += 1;
    if (read.times > MOST) throw new Error("The terms are read again and again.");
    return { version, lists: new Map(), rates: new Map(), databaseMs: Date.now() };
  });
  return { terms, read };
}

test("terms are read once, and again when a newer version was noticed", async () => {
  const { terms, read } = termsOf(1, 2);
  expect((await terms.fresh()).version).toBe(1);
  expect((await terms.fresh()).version).toBe(1);
  expect(read.times).toBe(1);
  terms.notice({ termsVersion: 2, databaseMs: Date.now() });
  expect((await terms.fresh()).version).toBe(2);
  expect(read.times).toBe(2);
});

test("what was said or read of an older version comes too late", async () => {
  const { terms, read } = termsOf(5, 4);
  const newest = await terms.fresh();
  terms.notice({ termsVersion: 3, databaseMs: Date.now() });
  expect(await terms.fresh()).toBe(newest);
  expect(read.times).toBe(1);
  expect(await terms.renewed()).toBe(newest);
  expect(terms.latest).toBe(newest);
  expect(read.times).toBe(2);
});

test("a reading that began before a change was noticed is not enough", async () => {
  const { terms, read } = termsOf(1, 1, 2);
  const asked = terms.fresh();
  terms.notice({ termsVersion: 2, databaseMs: Date.now() });
  expect((await asked).version).toBe(2);
  expect(read.times).toBe(3);
});

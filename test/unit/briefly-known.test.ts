import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { BrieflyKnown } from "#lib/briefly-known.ts";

const LONG_MS = 60_000;
const told = (any: boolean) => async () => ({ any });
const anyIn = ({ any }: { any: boolean }) => any;

test("a fact is known from the answer on, until it may have changed", async () => {
  const known = new BrieflyKnown<boolean>(LONG_MS);
  expect(known.fact).toBeUndefined();
  expect(await known.learn(told(false), anyIn)).toEqual({ any: false });
  expect(known.fact).toBe(false);
  known.forget();
  expect(known.fact).toBeUndefined();
});

test("a fact is known for a while only", async () => {
  const known = new BrieflyKnown<boolean>(20);
  await known.learn(told(true), anyIn);
  expect(known.fact).toBe(true);
  await sleep(25);
  expect(known.fact).toBeUndefined();
});

test("an answer from before a change is not kept, and neither is a failure", async () => {
  const known = new BrieflyKnown<boolean>(LONG_MS);
  const asking = known.learn(told(false), anyIn);
  known.forget();
  await asking;
  expect(known.fact).toBeUndefined();
  await known.learn(told(true), anyIn);
  await expect(known.learn(() => Promise.reject(new Error("away")), anyIn)).rejects.toThrow("away");
  expect(known.fact).toBe(true);
});

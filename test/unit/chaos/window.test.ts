import { expect, test } from "@jest/globals";
import { Random } from "#tools/chaos/random.ts";
import { Window } from "#tools/chaos/window.ts";

const COUNT = 500;

test("everything passes once, in another order", () => {
  const passed: number[] = [];
  const window = new Window<number>(new Random(1), (thing) => passed.push(thing));
  const all = Array.from({ length: COUNT }, (_, i) => i);
  for (const thing of all) window.add(thing);
  window.stop();
  expect([...passed].sort((a, b) => a - b)).toEqual(all);
  const overtaken = passed.filter((thing, i) => i > 0 && thing < (passed[i - 1] as number));
  expect(overtaken.length).toBeGreaterThan(COUNT / 4);
});

test("what waits passes soon, although nothing follows", async () => {
  const passing = Promise.withResolvers<string>();
  const window = new Window<string>(new Random(1), passing.resolve);
  window.add("alone");
  const kept = setTimeout(() => {}, 5_000); // the window does not keep a process alive
  expect(await passing.promise).toBe("alone");
  clearTimeout(kept);
  window.stop();
});

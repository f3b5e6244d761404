import { expect, test } from "@jest/globals";
import { parseOptions, USAGE } from "#tools/chaos/options.ts";

test("a run is repeated by its seed, faults are picked by name", () => {
  expect(parseOptions(["--seed", "42", "--only", "f3,F7", "--dose", "short"])).toEqual({
    seed: "42",
    only: ["F3", "F7"],
    dose: "short",
  });
});

test("without options everything is run, by a seed of its own", () => {
  const { seed, ...rest } = parseOptions([]);
  expect(rest).toEqual({ only: [], dose: "full" });
  expect(seed).toMatch(/^\d+$/);
});

test.each([[["--seed"]], [["--dose", "huge"]], [["--fast", "yes"]]])("%j says how to use it", (args) => {
  expect(() => parseOptions(args)).toThrow(USAGE);
});

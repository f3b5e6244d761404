import { expect, test } from "@jest/globals";
import type { Finding } from "#tools/verify/invariant.ts";
import { exitCodeOf, reportOf } from "#tools/verify/report.ts";

const finding = (outcome: Finding["outcome"], more: Partial<Finding> = {}): Finding => ({
  invariant: "a.invariant",
  says: "Something holds.",
  outcome,
  checked: 10,
  violations: 0,
  examples: [],
  ...more,
});

test("ends with 1 for a broken invariant, with 2 for one that could not be looked at, else with 0", () => {
  expect(exitCodeOf([finding("holds"), finding("notice")])).toBe(0);
  expect(exitCodeOf([finding("holds"), finding("unchecked")])).toBe(2);
  expect(exitCodeOf([finding("unchecked"), finding("violated")])).toBe(1);
});

test("a line for each invariant, and below it what breaks it", () => {
  const broken = { violations: 3, examples: [{ id: "ord_1", wrong: "is lost" }] };
  expect(reportOf([finding("holds"), finding("violated", broken), finding("unchecked", { why: "No answer." })])).toBe(
    [
      "ok        a.invariant                       10  Something holds.",
      "VIOLATED  a.invariant                  3 of 10  Something holds.",
      "          ord_1: is lost",
      "          … and 2 more",
      "UNCHECKED a.invariant                       10  Something holds.",
      "          No answer.",
    ].join("\n"),
  );
});

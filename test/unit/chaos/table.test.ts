import { expect, test } from "@jest/globals";
import { check } from "#tools/chaos/fault.ts";
import { table } from "#tools/chaos/table.ts";

const fault = (name: string) => ({ name, title: `the fault ${name}` });

test("a row says what held, what broke first, and what could not be produced", () => {
  const rows = [
    { fault: fault("F1"), seconds: "1.0", checks: [check(true, "3 kills"), check(true, "all final")] },
    { fault: fault("F2"), seconds: "2.0", checks: [check(true, "3 kills"), check(false, "lost | found\n  at line 7")] },
    { fault: fault("F9"), seconds: "0.1", checks: [], notHere: "no file systems" },
  ];
  expect(table(rows, { seed: "7", dose: "full" }, 3.4).split("\n")).toEqual([
    "Seed 7, full dose, 3 s in all.",
    "",
    "| | fault | verdict | seconds | what was seen |",
    "| --- | --- | --- | --- | --- |",
    "| F1 | the fault F1 | held | 1.0 | 3 kills; all final |",
    "| F2 | the fault F2 | **broken** | 2.0 | lost \\| found |",
    "| F9 | the fault F9 | not here | 0.1 | no file systems |",
  ]);
});

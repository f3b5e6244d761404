import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { timesTable } from "#test/support/times-reporter.ts";

const ROOT = join(import.meta.dirname, "../../..");

test("the table has the sum of each project and the slowest files first", () => {
  const file = (name: string, project: string, runtime: number) => ({
    testFilePath: join(ROOT, name),
    displayName: { name: project },
    perfStats: { runtime },
  });
  const table = timesTable([
    file("test/unit/a.test.ts", "unit", 400),
    file("test/service/b.test.ts", "service", 12_340),
    file("test/unit/c.test.ts", "unit", 1_100),
  ]);
  expect(table.split("\n")).toEqual([
    "Sum of the times of the files, by project:",
    "    1.5 s  unit, 2 files",
    "   12.3 s  service, 1 files",
    "Slowest files:",
    "   12.3 s  test/service/b.test.ts",
    "    1.1 s  test/unit/c.test.ts",
    "    0.4 s  test/unit/a.test.ts",
  ]);
});

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { planted, plants } from "../../../tools/chaos/plants.ts";
import { orderLaws } from "../../../tools/verify/order-laws.ts";
import { providerInspections } from "../../../tools/verify/provider.ts";
import { stockInspections } from "../../../tools/verify/stock.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../../..");
const PRELOAD = join(ROOT, "tools/chaos/plant.ts");

describe("planted bugs", () => {
  test("are ten, each of its own name", () => {
    expect(new Set(plants.map(({ name }) => name)).size).toBe(10);
  });

  test.each(plants.map((plant) => [plant.name, plant] as const))("%s fits today's code", (_, plant) => {
    const source = readFileSync(join(ROOT, plant.file), "utf8");
    const bug = planted(plant, source);
    expect(bug).not.toBe(source);
    expect(() => stripTypeScriptTypes(bug, { mode: "strip" })).not.toThrow();
  });

  test("break laws that there are", () => {
    const laws = new Set([
      ...[...stockInspections, ...providerInspections].flatMap(({ laws }) => laws).map(({ name }) => name),
      ...orderLaws.map(({ name }) => name),
      "events.consumed",
    ]);
    expect(plants.flatMap(({ breaks }) => breaks).filter((law) => !laws.has(law))).toEqual([]);
  });

  test("are refused where the code has moved on", () => {
    const [plant] = plants;
    if (!plant) throw new Error("no plants");
    expect(() => planted(plant, "")).toThrow("0 places");
    expect(() => planted(plant, plant.find + plant.find)).toThrow("2 places");
  });
});

describe("the preload", () => {
  /** Loads a module as the runner does, by `require`, with a bug in the shop. */
  const load = (bug: string, script: string) =>
    run(process.execPath, ["--no-warnings", "--import", PRELOAD, "--input-type=commonjs", "--eval", script], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, PLANTED_BUG: bug },
    });

  test("puts the bug into what is required, and says so", async () => {
    const { stdout, stderr } = await load(
      "released-once-more",
      "console.log(require('./services/logistics/inventory/domain/reservation.ts').transitions.committed.cancelled)",
    );
    expect(stdout).toBe("release\n");
    expect(stderr).toBe("planted bug released-once-more in services/logistics/inventory/domain/reservation.ts\n");
  });

  test("knows its bugs", async () => {
    await expect(load("no-such-bug", "")).rejects.toThrow("there is no no-such-bug");
  });
});

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { mutated, OTHERS_SERVED } from "#tools/chaos/mutant.ts";
import { mutants } from "#tools/chaos/mutants.ts";
import { billingInspections } from "#tools/verify/billing.ts";
import { catalogueInspections } from "#tools/verify/catalogue.ts";
import { dealInspections } from "#tools/verify/deals.ts";
import { heldPricesInspection } from "#tools/verify/held-prices.ts";
import { importInspections } from "#tools/verify/imports.ts";
import { ledgerInspections } from "#tools/verify/ledger.ts";
import { mediaInspections } from "#tools/verify/media.ts";
import { orderInvariants } from "#tools/verify/order-invariants.ts";
import { priceInspections } from "#tools/verify/prices.ts";
import { promotionInspections } from "#tools/verify/promotions.ts";
import { providerInspections } from "#tools/verify/provider.ts";
import { reviewsInspection } from "#tools/verify/reviews.ts";
import { sellerInspections } from "#tools/verify/sellers.ts";
import { stockInspections } from "#tools/verify/stock.ts";
import { storedValueInspections } from "#tools/verify/stored-value.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../../..");
const PRELOAD = join(ROOT, "tools/chaos/load-mutant.ts");

describe("mutated bugs", () => {
  test("have names of their own", () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  test.each(mutants.map((mutant) => [mutant.name, mutant] as const))("%s fits today's code", (_, mutant) => {
    const source = readFileSync(join(ROOT, mutant.file), "utf8");
    const bug = mutated(mutant, source);
    expect(bug).not.toBe(source);
    expect(() => stripTypeScriptTypes(bug, { mode: "strip" })).not.toThrow();
  });

  test("break invariants that there are", () => {
    const invariants = new Set([
      ...[
        ...stockInspections,
        ...priceInspections,
        ...storedValueInspections,
        reviewsInspection,
        heldPricesInspection,
        ...billingInspections,
        ...catalogueInspections,
        ...dealInspections,
        ...importInspections,
        ...ledgerInspections,
        ...promotionInspections,
        ...sellerInspections,
        ...mediaInspections(undefined),
        ...providerInspections([]),
      ]
        .flatMap(({ invariants }) => invariants)
        .map(({ name }) => name),
      ...orderInvariants.map(({ name }) => name),
      "events.consumed",
      OTHERS_SERVED,
    ]);
    expect(mutants.flatMap(({ breaks }) => breaks).filter((invariant) => !invariants.has(invariant))).toEqual([]);
  });

  test("are refused where the code has moved on", () => {
    const [mutant] = mutants;
    if (!mutant) throw new Error("no mutants");
    expect(() => mutated(mutant, "")).toThrow("0 places");
    expect(() => mutated(mutant, mutant.find + mutant.find)).toThrow("2 places");
  });
});

describe("the preload", () => {
  /** Loads a module as the runner does, by `require`, with a bug in the shop. */
  const load = (bug: string, script: string) =>
    run(process.execPath, ["--no-warnings", "--import", PRELOAD, "--input-type=commonjs", "--eval", script], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, MUTANT: bug },
    });

  test("puts the bug into what is required, and says so", async () => {
    const { stdout, stderr } = await load(
      "released-once-more",
      "console.log(require('./services/logistics/inventory/domain/reservation.ts').transitions.committed.cancelled)",
    );
    expect(stdout).toBe("release\n");
    expect(stderr).toBe("mutant released-once-more in services/logistics/inventory/domain/reservation.ts\n");
  });

  test("knows its bugs", async () => {
    await expect(load("no-such-bug", "")).rejects.toThrow("there is no no-such-bug");
  });
});

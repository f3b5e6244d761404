import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { readModel } from "#services/commerce/fraud/setup.ts";
import { madeUpOrders } from "#tools/fraud-model/made-up-orders.ts";
import { inWords, qualityOf, train, trainShopModel } from "#tools/fraud-model/train.ts";

const DOCUMENTATION = join(import.meta.dirname, "../../../docs/fraud.md");
const FILE = join(import.meta.dirname, "../../../services/commerce/fraud/data/model.json");

describe("the model", () => {
  test("learns the planted patterns from a few thousand orders", () => {
    const model = train(madeUpOrders(3_000, 1), "small");
    const { precision, recall, auc } = qualityOf(model, madeUpOrders(3_000, 2));
    expect(precision).toBeGreaterThan(0.9);
    expect(recall).toBeGreaterThan(0.65);
    expect(auc).toBeGreaterThan(0.9);
  });

  test("finds nothing in orders whose labels say nothing", () => {
    const orders = madeUpOrders(3_000, 3).map((order, i) => ({ ...order, isFraud: i % 12 === 0 }));
    const { auc } = qualityOf(
      train(orders, "noise"),
      madeUpOrders(3_000, 4).map((order, i) => ({ ...order, isFraud: i % 12 === 0 })),
    );
    expect(Math.abs(auc - 0.5)).toBeLessThan(0.1);
  });

  test("in the service is what the script makes, as good as its documentation says", async () => {
    const { model, quality } = trainShopModel();
    expect(await readModel(FILE)).toEqual(model);
    expect(readFileSync(DOCUMENTATION, "utf8")).toContain(inWords(quality));
  });

  test("is refused when the file is not one", async () => {
    await expect(readModel(join(import.meta.dirname, "../../../package.json"))).rejects.toThrow("is not a model");
  });
});

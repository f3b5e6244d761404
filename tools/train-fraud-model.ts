// npm run fraud:train
// Trains the model of the fraud service on made-up orders with planted patterns, and says how well it does on others.
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { trainShopModel } from "./fraud-model/train.ts";

const TARGET = resolve(import.meta.dirname, "../services/commerce/fraud/data/model.json");

const { model, quality } = trainShopModel();
await writeFile(TARGET, `${JSON.stringify(model, null, 2)}\n`);
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
console.log(
  `precision ${percent(quality.precision)}, recall ${percent(quality.recall)}, AUC ${quality.auc.toFixed(3)}`,
);
console.log(`${model.version}: ${TARGET}`);

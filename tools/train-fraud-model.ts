// npm run fraud:train
// Trains the model of the fraud service on made-up orders with planted patterns, and says how well it does on others.
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { inWords, trainShopModel } from "./fraud-model/train.ts";

const TARGET = resolve(import.meta.dirname, "../services/commerce/fraud/data/model.json");

const { model, quality } = trainShopModel();
await writeFile(TARGET, `${JSON.stringify(model, null, 2)}\n`);
console.log(`${model.version}: ${inWords(quality)}`);
console.log(TARGET);

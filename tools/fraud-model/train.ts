import { featureNames, featuresOf } from "#services/commerce/fraud/domain/features.ts";
import { type Model, probabilityOf } from "#services/commerce/fraud/domain/model.ts";
import { type MadeUpOrder, madeUpOrders } from "./made-up-orders.ts";

const ROUNDS = 300;
const RATE = 1;
const PENALTY = 0.001; // keeps weights small that the data do not ask for
const DIGITS = 4;

/** What `npm run fraud:train` uses. Another seed gives another model, as good. */
export const TRAINING = { orders: 10_000, seed: 7, heldOut: 10_000, heldOutSeed: 11 } as const;

export interface Quality {
  precision: number;
  recall: number;
  auc: number;
}

/** Trains a logistic regression by gradient descent. The same orders always give the same model. */
export function train(orders: readonly MadeUpOrder[], version: string): Model {
  const rows = orders.map(({ facts }) => featuresOf(facts));
  const scales = featureNames.map((name) => scaleOf(rows.map((row) => row[name])));
  const inputs = rows.map((row) => featureNames.map((name, i) => scaled(row[name], scales[i])));
  const labels = orders.map(({ isFraud }) => Number(isFraud));
  const weights = featureNames.map(() => 0);
  let bias = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const slopes = featureNames.map(() => 0);
    let biasSlope = 0;
    for (const [n, input] of inputs.entries()) {
      let sum = bias;
      for (let i = 0; i < weights.length; i++) sum += (weights[i] ?? 0) * (input[i] ?? 0);
      const error = 1 / (1 + Math.exp(-sum)) - (labels[n] ?? 0);
      biasSlope += error;
      for (let i = 0; i < slopes.length; i++) slopes[i] = (slopes[i] ?? 0) + error * (input[i] ?? 0);
    }
    bias -= (RATE * biasSlope) / inputs.length;
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i] ?? 0;
      weights[i] = weight - RATE * ((slopes[i] ?? 0) / inputs.length + PENALTY * weight);
    }
  }
  const features = Object.fromEntries(
    featureNames.map((name, i) => [
      name,
      { mean: rounded(scales[i]?.mean), deviation: rounded(scales[i]?.deviation), weight: rounded(weights[i]) },
    ]),
  ) as Model["features"];
  return { version, bias: rounded(bias), features };
}

/** How well a model does on orders that it was not trained with, when 0.5 is taken for fraud. */
export function qualityOf(model: Model, orders: readonly MadeUpOrder[]): Quality {
  const scored = orders.map(({ facts, isFraud }) => ({ p: probabilityOf(model, featuresOf(facts)), isFraud }));
  const flagged = scored.filter(({ p }) => p >= 0.5);
  const frauds = scored.filter(({ isFraud }) => isFraud).length;
  const hits = flagged.filter(({ isFraud }) => isFraud).length;
  const ranked = scored.toSorted((a, b) => a.p - b.p);
  // The chance that a fraud has a higher probability than an honest order: by the ranks of the frauds.
  const ranks = ranked.reduce((sum, { isFraud }, i) => (isFraud ? sum + i + 1 : sum), 0);
  const auc = (ranks - (frauds * (frauds + 1)) / 2) / (frauds * (scored.length - frauds));
  return { precision: hits / flagged.length, recall: hits / frauds, auc };
}

/** The model of the shop: trained with the orders that `TRAINING` names. */
export function trainShopModel(): { model: Model; quality: Quality } {
  const { orders, seed, heldOut, heldOutSeed } = TRAINING;
  const model = train(madeUpOrders(orders, seed), `logistic-${orders}-${seed}`);
  return { model, quality: qualityOf(model, madeUpOrders(heldOut, heldOutSeed)) };
}

/** The quality in words, as the documentation has it. */
export function inWords({ precision, recall, auc }: Quality): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return `precision ${percent(precision)}, recall ${percent(recall)}, AUC ${auc.toFixed(3)}`;
}

function scaleOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) || 1 };
}

function scaled(value: number, scale: { mean: number; deviation: number } | undefined): number {
  return scale ? (value - scale.mean) / scale.deviation : 0;
}

function rounded(value = 0): number {
  return Number(value.toFixed(DIGITS));
}

import { Type } from "typebox";
import { Exact } from "#lib/contract/contract.ts";
import { type FeatureName, type Features, featureNames } from "./features.ts";

/** A logistic regression. Each feature is scaled to a mean of 0 and a deviation of 1 before it is weighed. */
export interface Model {
  version: string;
  bias: number;
  features: Readonly<Record<FeatureName, { mean: number; deviation: number; weight: number }>>;
}

const Scaled = Exact({ mean: Type.Number(), deviation: Type.Number({ exclusiveMinimum: 0 }), weight: Type.Number() });

/** The schema of the model's file. */
export const ModelFile = Exact({
  version: Type.String(),
  bias: Type.Number(),
  features: Exact(Object.fromEntries(featureNames.map((name) => [name, Scaled])) as Record<FeatureName, typeof Scaled>),
});

/** How much each feature moves the prediction away from that of an average order, in log-odds. */
export function contributions({ features }: Model, values: Features): Map<FeatureName, number> {
  return new Map(
    featureNames.map((name) => {
      const { mean, deviation, weight } = features[name];
      return [name, (weight * (values[name] - mean)) / deviation];
    }),
  );
}

/** The probability that an order is fraud, by the model. */
export function probabilityOf(model: Model, values: Features): number {
  const sum = [...contributions(model, values).values()].reduce((total, part) => total + part, model.bias);
  return 1 / (1 + Math.exp(-sum));
}

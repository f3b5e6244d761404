import type { Facts } from "./facts.ts";
import { featuresOf, featureWords } from "./features.ts";
import { contributions, type Model, probabilityOf } from "./model.ts";
import { rules } from "./rules.ts";

export const HIGHEST_SCORE = 100;
/** What the model adds when it is sure. */
export const MODEL_POINTS = 30;
const MODEL_REASONS = 3;

export type Decision = "accept" | "review" | "refuse";

/** Why an order got points. The points of all reasons add up to the score, before it is kept within 0 and 100. */
export interface Reason {
  rule: string;
  points: number;
  detail: string;
}

export interface Assessment {
  score: number;
  decision: Decision;
  reasons: readonly Reason[];
}

/** Scores from which an order is reviewed, or refused. */
export interface Thresholds {
  review: number;
  refuse: number;
}

/** Scores an order by the rules and the model, and decides. */
export function assess(facts: Facts, model: Model, thresholds: Thresholds): Assessment {
  const matched = rules.filter(({ when }) => when(facts));
  const fromRules = matched.map(({ name, points, explain }) => ({ rule: name, points, detail: explain(facts) }));
  const strong = matched.reduce((sum, { kind, points }) => (kind === "strong" ? sum + points : sum), 0);
  const reasons = [...fromRules, ...modelReasons(facts, model, strong)];
  const sum = reasons.reduce((total, { points }) => total + points, 0);
  const score = Math.min(HIGHEST_SCORE, Math.max(0, sum));
  return { score, decision: decisionOf(score, thresholds), reasons };
}

export function decisionOf(score: number, { review, refuse }: Thresholds): Decision {
  if (score >= refuse) return "refuse";
  return score >= review ? "review" : "accept";
}

/**
 * The model's points are its probability times `MODEL_POINTS`, but no more than the strong rules give: a model that was
 * trained on made-up orders strengthens a suspicion, and has none of its own. What moved the prediction most shares them.
 */
function modelReasons(facts: Facts, model: Model, strong: number): Reason[] {
  const values = featuresOf(facts);
  const points = Math.min(Math.floor(probabilityOf(model, values) * MODEL_POINTS), strong);
  if (points <= 0) return [];
  const strongest = [...contributions(model, values)]
    .filter(([, part]) => part > 0)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MODEL_REASONS);
  const shares = shareOut(
    points,
    strongest.map(([, part]) => part),
  );
  return strongest.flatMap(([name], i) => {
    const share = shares[i] ?? 0;
    return share === 0 ? [] : [{ rule: `model.${name}`, points: share, detail: `Model: ${featureWords[name]}` }];
  });
}

/** Whole points in proportion to the weights, which are positive; what rounding leaves goes to the first. */
function shareOut(points: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const shares = weights.map((weight) => Math.floor((points * weight) / sum));
  const rest = points - shares.reduce((total, share) => total + share, 0);
  return shares.map((share, i) => (i === 0 ? share + rest : share));
}

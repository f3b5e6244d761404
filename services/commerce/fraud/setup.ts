import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { disposableEmailBlocklistSet } from "disposable-email-domains-js";
import { Compile } from "typebox/schema";
import { StartupError } from "#lib/startup-error.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { readSecret } from "./customers.store.ts";
import { highAmounts } from "./domain/amounts.ts";
import { type Model, ModelFile } from "./domain/model.ts";
import { keepAssessments, type Scoring, scoreAttempts } from "./steps/assess-attempts.ts";
import { AttemptQueue } from "./steps/attempt-queue.ts";
import { openPlaces } from "./steps/places.ts";

/** What the handlers share. */
export interface Deps {
  scoring: Scoring;
  attempts: AttemptQueue;
}

const MODEL = join(import.meta.dirname, "data/model.json");

export async function setUp({ db, env, log }: SetupContext): Promise<Deps> {
  const { FRAUD_REVIEW_SCORE: review, FRAUD_REFUSE_SCORE: refuse } = env;
  if (refuse < review) throw new StartupError("FRAUD_REFUSE_SCORE: must not be below FRAUD_REVIEW_SCORE");
  const disposable = disposableEmailBlocklistSet();
  const scoring: Scoring = {
    places: await openPlaces({ env, log }),
    model: await readModel(MODEL),
    thresholds: { review, refuse },
    highAmounts: highAmounts(env.FRAUD_HIGH_AMOUNTS),
    secret: await readSecret(db),
    isDisposable: (email) => disposable.has(email.slice(email.lastIndexOf("@") + 1).toLowerCase()),
  };
  const attempts = new AttemptQueue({
    score: (batch) => scoreAttempts(db, scoring, batch),
    keep: (assessed) => keepAssessments(db, scoring, assessed),
    log,
  });
  return { scoring, attempts };
}

const isModel = Compile(ModelFile);

/** @throws Error when the file is not a model */
export async function readModel(path: string): Promise<Model> {
  const model: unknown = JSON.parse(await readFile(path, "utf8"));
  if (!isModel.Check(model)) throw new Error(`${path} is not a model: ${isModel.Errors(model)[1][0]?.message}`);
  return model as Model;
}

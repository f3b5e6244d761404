import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import { findAssessments } from "../attempts.store.ts";
import type { fraud } from "../contract.ts";
import { assessmentView } from "../view.ts";

/** Also of an attempt that did not become an order. */
export const getAssessment: Handler<typeof fraud.actions.assessmentOf> = async ({ db }, { orderId }) => {
  const assessment = (await findAssessments(db, [orderId])).get(orderId);
  if (!assessment) throw new DomainError("NOT_FOUND");
  return assessmentView(assessment);
};

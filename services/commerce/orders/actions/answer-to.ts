import type { ResultOf } from "#lib/contract/types.ts";
import { storedAnswer } from "#lib/sql/idempotency-keys.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";

type AnswerTo = typeof orders.actions.answerTo;

/** @throws DomainError IDEMPOTENCY_KEY_REUSED when the key was used with another body */
export const answerToRequest: Handler<AnswerTo> = async (ctx, request) => {
  const stored = await storedAnswer(ctx.db, request);
  return { stored: (stored as ResultOf<AnswerTo>["stored"] | undefined) ?? null };
};

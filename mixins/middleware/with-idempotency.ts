import type { Context } from "moleculer";
import { DomainError, isDomainError } from "#lib/contract/errors.ts";
import { isOutage } from "#lib/contract/outage.ts";
import { fits } from "#lib/contract/validation.ts";
import {
  AnsweredConcurrently,
  callerOf,
  claim,
  type IdempotentRequest,
  keepAnswer,
  keepAnswerAlone,
  requestHash,
  storedAnswer,
} from "#lib/sql/idempotency-keys.ts";
import type { AroundTransaction } from "#mixins/service/action.ts";
import type { CallMeta } from "#mixins/service/context.ts";
import type { HasDatabase } from "#mixins/service/database-mixin.ts";
import { aroundActions } from "./action-schema.ts";

/** Runs an action once for each idempotency key: the transaction that does the work also stores the answer. */
export const withIdempotency = aroundActions("WithIdempotency", (next, contract, action) => {
  if (!contract.idempotent) return next;
  const optimistic = contract.idempotent === "optimistic";
  const runOnce = async (ctx: Context<unknown, CallMeta>, key: string): Promise<unknown> => {
    const { db } = ctx.service as unknown as HasDatabase;
    const request: IdempotentRequest = {
      caller: callerOf(ctx.meta.auth ?? { kind: "anonymous" }, ctx.meta.address ?? "unknown"),
      action,
      key,
      requestHash: requestHash(ctx.params),
    };
    const replay = async () => {
      const stored = await storedAnswer(db, request);
      if (stored) ctx.meta.replayed = true;
      return stored;
    };
    const stored = optimistic ? undefined : await replay();
    if (stored) return stored.answer;
    let kept = false;
    const aroundTransaction: AroundTransaction = (transaction) => async (work) => {
      const answer = await transaction(async (tx) => {
        if (!optimistic) claim(tx, request);
        const done = await work(tx);
        // Only the action's answer is stored. An earlier transaction of the action returns something else.
        if (fits(contract.returns, done)) keepAnswer(tx, request, done, kept);
        return done;
      });
      kept ||= fits(contract.returns, answer);
      return answer;
    };
    try {
      ctx.locals.aroundTransaction = aroundTransaction;
      const result = await next(ctx);
      if (!kept) await keepAnswerAlone(db, request, result);
      return result;
    } catch (error) {
      // Another connection may have answered the same request meanwhile. Then this error is a consequence of that answer:
      // for example, the email is taken because this registration has taken it. Or the database has committed this call,
      // and the connection ended before the confirmation.
      const overtaken = error instanceof AnsweredConcurrently;
      const answered = overtaken || isDomainError(error) || isOutage(error) ? await replay() : undefined;
      if (answered) return answered.answer;
      throw overtaken ? new DomainError("IDEMPOTENCY_IN_PROGRESS") : error;
    }
  };
  return (context) => {
    const ctx = context as Context<unknown, CallMeta>;
    const { idempotencyKey } = ctx.meta;
    return idempotencyKey === undefined ? next(ctx) : runOnce(ctx, idempotencyKey);
  };
});

import type { Context } from "moleculer";
import { DomainError, isDomainError } from "#lib/contract/errors.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { ActionContract } from "#lib/contract/types.ts";
import { fits } from "#lib/contract/validation.ts";
import {
  AnsweredConcurrently,
  callerOf,
  claim,
  type IdempotentRequest,
  keepAnswer,
  keepAnswerAlone,
  requestHash,
  type StoredAnswer,
  storedAnswer,
} from "#lib/sql/idempotency-keys.ts";
import type { AroundTransaction } from "#mixins/service/action.ts";
import type { CallMeta } from "#mixins/service/context.ts";
import type { HasDatabase } from "#mixins/service/database-mixin.ts";
import { aroundActions } from "./action-schema.ts";

type CallContext = Context<unknown, CallMeta>;
type Act = (ctx: Context) => Promise<unknown>;

/** Runs an action once for each idempotency key: the transaction that does the work also stores the answer. */
export const withIdempotency = aroundActions("WithIdempotency", (next, contract, action) => {
  const { idempotent } = contract;
  if (!idempotent) return next;
  const runOnce = async (ctx: CallContext, key: string): Promise<unknown> => {
    const request: IdempotentRequest = {
      caller: callerOf(ctx.meta.auth ?? { kind: "anonymous" }, ctx.meta.address ?? "unknown"),
      action,
      key,
      requestHash: requestHash(ctx.params),
    };
    const { db } = ctx.service as unknown as HasDatabase;
    const keeper = typeof idempotent === "object" ? idempotent.keeper : undefined;
    const replay = async (): Promise<StoredAnswer> => {
      const stored = await (keeper ? askKeeper(ctx, keeper, request) : storedAnswer(db, request));
      if (stored) ctx.meta.replayed = true;
      return stored;
    };
    const stored = idempotent === true ? await replay() : undefined;
    if (stored) return stored.answer;
    try {
      if (!keeper) return await actAndKeep(next, ctx, contract, request);
      ctx.locals.request = request;
      return await next(ctx);
    } catch (error) {
      // Another connection may have answered the same request meanwhile. Then this error is a consequence of that answer:
      // for example, the email is taken because this registration has taken it. Or the database has committed this call,
      // and the connection ended before the confirmation.
      const overtaken = error instanceof AnsweredConcurrently;
      // A keeper that may be the cause of an outage is not asked: the client has no time to wait for it twice.
      const mayBeAnswered = isOutage(error) ? !keeper : overtaken || isDomainError(error);
      const answered = mayBeAnswered ? await replay() : undefined;
      if (answered) return answered.answer;
      throw overtaken ? new DomainError("IDEMPOTENCY_IN_PROGRESS") : error;
    }
  };
  return (context) => {
    const ctx = context as CallContext;
    const { idempotencyKey } = ctx.meta;
    return idempotencyKey === undefined ? next(ctx) : runOnce(ctx, idempotencyKey);
  };
});

/** Lets the action's own transaction store the answer; after an action without one, the answer is stored by itself. */
async function actAndKeep(
  next: Act,
  ctx: CallContext,
  contract: ActionContract,
  request: IdempotentRequest,
): Promise<unknown> {
  let kept = false;
  const aroundTransaction: AroundTransaction = (transaction) => async (work) => {
    const answer = await transaction(async (tx) => {
      if (contract.idempotent === true) claim(tx, request);
      const done = await work(tx);
      // Only the action's answer is stored. An earlier transaction of the action returns something else.
      if (fits(contract.returns, done)) keepAnswer(tx, request, done, kept);
      return done;
    });
    kept ||= fits(contract.returns, answer);
    return answer;
  };
  ctx.locals.aroundTransaction = aroundTransaction;
  const result = await next(ctx);
  if (!kept) await keepAnswerAlone((ctx.service as unknown as HasDatabase).db, request, result);
  return result;
}

async function askKeeper(ctx: CallContext, keeper: string, request: IdempotentRequest): Promise<StoredAnswer> {
  const { stored } = await ctx.call<{ stored: StoredAnswer | null }, IdempotentRequest>(keeper, request);
  return stored ?? undefined;
}

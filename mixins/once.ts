import type { Context } from "moleculer";
import type { ActionContract, ParamsOf } from "./contracts.ts";
import { isOutage, isProblem, Problem } from "./errors.ts";
import {
  AnsweredMeanwhile,
  callerOf,
  claim,
  type IdempotentRequest,
  keepAnswer,
  requestHash,
  storedAnswer,
} from "./idempotency.ts";
import type { ActionContext, CallMeta, Handler } from "./service.ts";
import { fits } from "./validation.ts";

/** Runs a handler once for an idempotency key: its transaction keeps the answer together with the work. */
export async function once<Deps>(
  name: string,
  spec: ActionContract,
  handle: Handler<ActionContract, Deps>,
  context: ActionContext<Deps>,
  ctx: Context<ParamsOf<ActionContract>, CallMeta>,
): Promise<unknown> {
  const key = ctx.meta.idempotencyKey;
  if (key === undefined) return handle(context, ctx.params);
  const request: IdempotentRequest = {
    caller: callerOf(context.auth, context.address),
    action: name,
    key,
    requestHash: requestHash(ctx.params),
  };
  const replay = async () => {
    const stored = await storedAnswer(context.db, request);
    if (stored) ctx.meta.replayed = true;
    return stored;
  };
  const stored = await replay();
  if (stored) return stored.answer;
  let kept = false;
  try {
    const result = await handle(
      {
        ...context,
        transaction: async (work) => {
          const answer = await context.transaction(async (tx) => {
            await claim(tx, request);
            const done = await work(tx);
            // Only the answer itself is kept: a transaction on the way to it answers nothing.
            if (fits(spec.returns, done)) await keepAnswer(tx, request, done, kept);
            return done;
          });
          kept ||= fits(spec.returns, answer);
          return answer;
        },
      },
      ctx.params,
    );
    if (!kept) await keepAnswer(context.db, request, result);
    return result;
  } catch (error) {
    // The same request may have been answered on another connection since this one was looked up. Then what went wrong
    // here is only the trace of that: an email that is taken, by this very registration. Or it was answered here, and
    // the connection died before the database could say so.
    const overtaken = error instanceof AnsweredMeanwhile;
    const answered = overtaken || isProblem(error) || isOutage(error) ? await replay() : undefined;
    if (answered) return answered.answer;
    throw overtaken ? new Problem("REQUEST_IN_PROGRESS") : error;
  }
}

import type { Context } from "moleculer";
import { limits } from "#config/limits.ts";
import type { ActionContract, ParamsOf } from "#lib/contract/types.ts";
import type { ActionSchema } from "#mixins/middleware/action-schema.ts";
import { type ActionContext, type CallMeta, isTransactional, type Transactions } from "./context.ts";
import { actionContext, type Instance } from "./service-context.ts";

/**
 * Turns a contract's action and its handler into a Moleculer action. Access, validation, idempotency, the check of the
 * answer and the translation of errors are middlewares (`mixins/middleware`), which find the contract on the action.
 */
export function moleculerAction<Deps>(
  name: string,
  contract: ActionContract,
  handle: (ctx: ActionContext<Deps>, params: unknown, instance: Instance<Deps>) => Promise<unknown>,
): ActionSchema {
  const retried = contract.retryable || contract.rest?.startsWith("GET ");
  return {
    contract,
    // Actions that may safely run twice are given up early and tried again: the node that was asked may have been killed.
    ...(retried ? {} : { retryPolicy: { enabled: false } }),
    timeout: contract.timeoutMs ?? (retried ? limits.READ_TIMEOUT_MS : limits.REQUEST_TIMEOUT_MS),
    ...(contract.concurrency ? { bulkhead: { concurrency: contract.concurrency } } : {}),
    async handler(this: Instance<Deps>, ctx: Context<ParamsOf<ActionContract>, CallMeta>): Promise<unknown> {
      const { transaction, ...context } = actionContext(this, ctx, name, contract);
      const { aroundTransaction } = ctx.locals as { aroundTransaction?: AroundTransaction };
      const transactions = { transaction: aroundTransaction?.(transaction) ?? transaction };
      const result = await handle(
        isTransactional(handle) ? { ...context, ...transactions } : context,
        ctx.params,
        this,
      );
      if (!context.env.production) assertOwnerChecked(name, contract, ctx);
      return result;
    },
  } as unknown as ActionSchema; // Moleculer's types do not know what a service of ours has on it
}

/** Wraps the transactions of one call; what `withIdempotency` keeps its answers by. */
export type AroundTransaction = (transaction: Transactions["transaction"]) => Transactions["transaction"];

/** Outside production a handler that forgets to ask whose thing it shows fails, so that no such handler is shipped. */
function assertOwnerChecked(name: string, { access }: ActionContract, { locals }: Context): void {
  if (access.kind !== "owner" || access.param !== undefined || locals.ownerChecked) return;
  throw new Error(`${name} has access ownerOr("${access.scope}") and never called ctx.requireOwner(customerId).`);
}

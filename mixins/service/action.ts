import type { Context } from "moleculer";
import { limits } from "#config/limits.ts";
import type { ActionContract, ParamsOf } from "#lib/contract/types.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { ActionSchema } from "#mixins/middleware/action-schema.ts";
import { type ActionContext, type CallMeta, isTransactional, type Transactions } from "./context.ts";
import { actionContext, type Instance } from "./service-context.ts";

/**
 * Makes a Moleculer action from a contract and a handler. Access, validation, idempotency, the check of the answer and the
 * translation of errors are middlewares (`mixins/middleware`), which read the contract from the action.
 */
export function moleculerAction<Deps>(
  name: string,
  contract: ActionContract,
  handle: (ctx: ActionContext<Deps>, params: unknown, instance: Instance<Deps>) => Promise<unknown>,
): ActionSchema {
  const hasTransactions = isTransactional(handle);
  const retried = contract.retryable || contract.rest?.startsWith("GET ");
  return {
    contract,
    // An action that may run twice has a short time-out and is tried again, because its node may have been killed.
    ...(retried ? {} : { retryPolicy: { enabled: false } }),
    timeout: contract.timeoutMs ?? (retried ? limits.READ_TIMEOUT_MS : limits.REQUEST_TIMEOUT_MS),
    ...(contract.concurrency ? { bulkhead: { concurrency: contract.concurrency } } : {}),
    async handler(this: Instance<Deps>, ctx: Context<ParamsOf<ActionContract>, CallMeta>): Promise<unknown> {
      const context = actionContext(this, ctx, name, contract);
      if (hasTransactions) Object.assign(context, transactionsOf(this, ctx, name, context.cause));
      const result = await handle(context, ctx.params, this);
      if (!context.env.production) assertOwnerChecked(name, contract, ctx);
      return result;
    },
  } as unknown as ActionSchema; // Moleculer's types do not know the properties of `Instance`
}

/** Wraps the transactions of one call. `withIdempotency` uses it to store the answer. */
export type AroundTransaction = (transaction: Transactions["transaction"]) => Transactions["transaction"];

function transactionsOf<Deps>(instance: Instance<Deps>, ctx: Context, action: string, cause: Cause): Transactions {
  const transaction: Transactions["transaction"] = (work) => instance.db.transaction(cause, work, action);
  const { aroundTransaction } = ctx.locals as { aroundTransaction?: AroundTransaction };
  return { transaction: aroundTransaction?.(transaction) ?? transaction };
}

/** Outside production a handler that does not check the owner fails, so that tests find it. */
function assertOwnerChecked(name: string, { access }: ActionContract, { locals }: Context): void {
  if (access.kind !== "owner" || locals.ownerChecked) return;
  if (access.param !== undefined && access.token === undefined) return; // it was checked before the handler ran
  throw new Error(`${name} has access ownerOr("${access.scope}") and never called ctx.requireOwner(customerId).`);
}

import type { Context, Middleware, ActionSchema as MoleculerAction } from "moleculer";
import type { ActionContract } from "#lib/contract/types.ts";

/** An action as `service()` makes it. Moleculer keeps unknown properties, so middlewares can read the contract from it. */
export type ActionSchema = MoleculerAction & { contract: ActionContract };

/**
 * A middleware need not be an `async` function, which would cost each call about 0.2 µs: it may throw as well, because
 * `translateErrors`, the outermost of them, is one.
 */
type Next = (ctx: Context) => Promise<unknown>;

/** A middleware around the actions of this node that have a contract. `$node.*` and moleculer-web have none. */
export function aroundActions(
  name: string,
  wrap: (next: Next, contract: ActionContract, action: string) => Next,
): Middleware {
  return {
    name,
    localAction(next: Next, action: Partial<ActionSchema>): Next {
      return action.contract ? wrap(next, action.contract, action.name ?? "") : next;
    },
  } as unknown as Middleware;
}

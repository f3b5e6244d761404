import type { ActionContext } from "#mixins/service/context.ts";
import type { Deps } from "../setup.ts";

/** The token that gives a guest access to an order. */
export function orderTokenOf({ deps }: ActionContext<Deps>, orderId: string): string {
  return deps.tokens.sign("order", orderId);
}

/** Whether the caller has the token of an order. */
export function holdsOrderToken({ deps, orderToken }: ActionContext<Deps>, orderId: string): boolean {
  return deps.tokens.proves(orderToken, "order", orderId);
}

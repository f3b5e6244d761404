import type { Handler } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";
import type { Deps } from "../setup.ts";

export const checkToken: Handler<typeof orders.actions.checkToken, Deps> = async ({ deps }, { orderId, token }) => ({
  valid: deps.tokens.proves(token, "order", orderId),
});

import type { Handler } from "#mixins/service/context.ts";
import type { promotions } from "../../contract.ts";
import { messageOf } from "../../domain/messages.ts";
import { dealDiscounts } from "../domain/deal-discounts.ts";
import type { HasDeals } from "../setup.ts";

type Action = (typeof promotions.actions)["discounts"];

/**
 * Claims of deals come first, and promotions get the pieces whose price they have not lowered. A shop without deals asks
 * the database nothing. What held in the past is not known of claims.
 */
export function withDeals<Deps extends HasDeals>(find: Handler<Action, Deps>): Handler<Action, Deps> {
  return async (ctx, params) => {
    const { deals } = ctx.deps;
    const { currency, customerId, without = [], at } = params;
    const any = await deals.any();
    const isAsked = any && customerId !== undefined && at === undefined;
    const claims = isAsked ? await deals.pricedClaims(customerId) : [];
    if (claims.length === 0) {
      const found = await find(ctx, params);
      return { ...found, any: found.any || any };
    }
    const allowed = claims.filter(({ dealId }) => !without.includes(dealId));
    const { discounts, unused, left } = dealDiscounts(params.lines, currency, allowed);
    const lines = params.lines.map((line, at) => ({ ...line, quantity: left[at] ?? line.quantity }));
    const others = await find(ctx, { ...params, lines });
    return {
      ...others,
      discounts: [...discounts, ...others.discounts],
      unused: [
        ...unused.map((deal) => ({ ...deal, message: messageOf({ reason: deal.reason }, currency) })),
        ...others.unused,
      ],
      any,
    };
  };
}

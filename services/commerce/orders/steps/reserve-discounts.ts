import { DomainError } from "#lib/contract/errors.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import type { Discount } from "../domain/terms.ts";
import type { Deps } from "../setup.ts";

interface Discounted {
  orderId: string;
  customerId: string;
  currency: string;
  discounts: readonly Discount[];
}

type Context = Pick<ActionContext<Deps>, "call" | "log">;

/** Promotions without a code cannot be used any more. The purchase can be begun again without them. */
export class NotReserved extends Error {
  readonly promotionIds: readonly string[];

  constructor(promotionIds: readonly string[]) {
    super(`These promotions cannot be used any more: ${promotionIds.join(", ")}.`);
    this.promotionIds = promotionIds;
  }
}

/**
 * Reserves what an order uses of promotions, before it is stored.
 * @returns why that is refused: COUPON_INVALID, `NotReserved`, or an outage; undefined when it is reserved, or nothing is used
 */
export async function reserveDiscounts(ctx: Context, purchase: Discounted): Promise<unknown> {
  const { orderId, customerId, currency, discounts } = purchase;
  if (discounts.length === 0) return undefined;
  const usages = discounts.map(({ promotionId, code, amountMinor }) => ({
    ...{ promotionId, amountMinor },
    ...(code === undefined ? {} : { code }),
  }));
  try {
    const { refused } = await ctx.call("promotions.reserve", { orderId, customerId, currency, usages });
    if (refused.length === 0) return undefined;
    const coupon = refused.find(({ code }) => code !== undefined);
    if (!coupon) return new NotReserved(refused.map(({ promotionId }) => promotionId));
    const { code, reason } = coupon;
    return new DomainError("COUPON_INVALID", `The coupon ${code} cannot be used any more.`, { coupon: code, reason });
  } catch (error) {
    return error;
  }
}

/** Nobody waits for it, and its failure changes nothing but the time. */
export function giveDiscountsBack(ctx: Context, { orderId, discounts }: Discounted): void {
  if (discounts.length === 0) return;
  ctx.call("promotions.giveBack", { orderId }).catch((error: unknown) => {
    ctx.log.warn("What an order has reserved of promotions stays reserved for now.", {
      orderId,
      reason: String(error),
    });
  });
}

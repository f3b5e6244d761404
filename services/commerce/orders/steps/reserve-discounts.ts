import { DomainError } from "#lib/contract/errors.ts";
import { isOutage } from "#lib/contract/outage.ts";
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
    giveBack(ctx, purchase); // it may be reserved all the same
    return error;
  }
}

/**
 * Stores an order, and gives back what it has reserved of promotions if it is certain that it was not stored. Otherwise
 * promotions find out by themselves when the reservation expires.
 */
export async function givingBack<Stored>(
  ctx: Context,
  purchase: Discounted,
  store: () => Promise<Stored | undefined>,
): Promise<Stored | undefined> {
  try {
    const stored = await store();
    if (stored === undefined) giveBack(ctx, purchase);
    return stored;
  } catch (error) {
    // The database may have committed before it was lost.
    if (!isOutage(error)) giveBack(ctx, purchase);
    throw error;
  }
}

/** Nobody waits for it, and its failure changes nothing but the time. */
function giveBack(ctx: Context, { orderId, discounts }: Discounted): void {
  if (discounts.length === 0) return;
  ctx.call("promotions.giveBack", { orderId }).catch((error: unknown) => {
    ctx.log.warn("What an order has reserved of promotions stays reserved for now.", {
      orderId,
      reason: String(error),
    });
  });
}

import { isOutage } from "#lib/contract/outage.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import type { Line } from "../domain/lines.ts";
import type { Discount } from "../domain/terms.ts";
import type { Deps } from "../setup.ts";
import { giveDiscountsBack, reserveDiscounts } from "./reserve-discounts.ts";
import { giveOffersBack, reserveOffers } from "./reserve-offers.ts";

interface Reserved {
  orderId: string;
  customerId: string;
  currency: string;
  discounts: readonly Discount[];
  lines: readonly Line[];
}

type Context = Pick<ActionContext<Deps>, "call" | "log">;

/**
 * Reserves what an order uses of promotions and takes from offers of sellers, before it is stored: all of it or nothing.
 * @returns why that is refused, as `reserveDiscounts` and `reserveOffers` say it; undefined when all is reserved
 */
export async function reservePurchase(ctx: Context, purchase: Reserved): Promise<unknown> {
  const problems = await Promise.all([reserveDiscounts(ctx, purchase), reserveOffers(ctx, purchase)]);
  const problem = problems.find((one) => one !== undefined);
  if (problem !== undefined) giveBack(ctx, purchase); // after an outage it may be reserved all the same
  return problem;
}

/**
 * Stores an order, and gives back what it has reserved if it is certain that it was not stored. Otherwise those who keep it
 * find out by themselves when the reservation expires.
 */
export async function givingBack<Stored>(
  ctx: Context,
  purchase: Reserved,
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

function giveBack(ctx: Context, purchase: Reserved): void {
  giveDiscountsBack(ctx, purchase);
  giveOffersBack(ctx, purchase);
}

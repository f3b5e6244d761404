import { DomainError } from "#lib/contract/errors.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import { type Line, offeredLines } from "../domain/lines.ts";
import type { Deps } from "../setup.ts";

interface Offered {
  orderId: string;
  lines: readonly Line[];
}

type Context = Pick<ActionContext<Deps>, "call" | "log">;

/**
 * Takes the pieces that an order has of sellers from their offers, before it is stored.
 * @returns why that is refused: OUT_OF_STOCK, or an outage; undefined when they are taken, or there are none
 */
export async function reserveOffers(ctx: Context, { orderId, lines }: Offered): Promise<unknown> {
  const offered = offeredLines(lines);
  if (offered.length === 0) return undefined;
  const items = offered.map(({ sku, sellerId, quantity }) => ({ sku, sellerId, quantity }));
  try {
    const { refused } = await ctx.call("sellers.reserve", { orderId, items });
    return refused.length === 0 ? undefined : new DomainError("OUT_OF_STOCK", undefined, { items: refused });
  } catch (error) {
    return error;
  }
}

/** Nobody waits for it, and its failure changes nothing but the time. */
export function giveOffersBack(ctx: Context, { orderId, lines }: Offered): void {
  if (offeredLines(lines).length === 0) return;
  ctx.call("sellers.giveBack", { orderId }).catch((error: unknown) => {
    ctx.log.warn("What an order has taken from offers stays reserved for now.", { orderId, reason: String(error) });
  });
}

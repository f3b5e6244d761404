import { hasScope } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { momentOf } from "#lib/contract/moment.ts";
import { minorDigits } from "#lib/contract/money.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY, type pricing } from "../contract.ts";
import { linesOf, quantitiesOf, quoteView } from "../domain/quote.ts";
import type { Deps } from "../setup.ts";
import { pricesThatHold } from "../steps/hold-prices.ts";
import { quoteTaxes } from "../steps/quote-taxes.ts";

export const quoteItems: Handler<typeof pricing.actions.quote, Deps> = async (
  ctx,
  { currency = DEFAULT_CURRENCY, items, customerGroup, region, warehouseId, at, address },
) => {
  minorDigits(currency);
  const moment = at === undefined ? undefined : momentOf(at, "/at");
  const groups = await groupsAsked(ctx, customerGroup);
  const country = address?.country ?? region ?? ctx.env.SHOP_COUNTRY;
  const held = await pricesThatHold(ctx, [...new Set(items.map(({ sku }) => sku))], {
    currency,
    groups,
    customerId: ctx.auth.kind === "customer" ? ctx.auth.customerId : undefined,
    region: region ?? country,
    warehouseId,
    quantities: quantitiesOf(items),
    at: moment,
  });
  const lines = linesOf(items, new Map(held.map((price) => [price.sku, price])), currency);
  return quoteView(lines, await quoteTaxes(ctx, lines, { ...address, country }, moment ?? ctx.now()), currency);
};

/**
 * What a group pays is for staff and for its members.
 * @returns undefined when the groups of the caller count
 * @throws DomainError FORBIDDEN
 */
async function groupsAsked({ auth, deps }: ActionContext<Deps>, group: string | undefined) {
  if (group === undefined) return undefined;
  const mayAsk =
    hasScope(auth, "pricing:read") ||
    hasScope(auth, "pricing:write") ||
    (auth.kind === "customer" && (await deps.groupsOf(auth.customerId)).includes(group));
  if (!mayAsk) throw new DomainError("FORBIDDEN", "Only staff and its members may ask for the prices of a group.");
  return [group];
}

import { hasScope } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { withKnownSkus } from "#services/product/catalog/contract.ts";
import { DEFAULT_CURRENCY, type pricing } from "../contract.ts";
import { parsePrices } from "../domain/price-list.ts";
import { changePrices } from "../steps/change-prices.ts";

type Actions = typeof pricing.actions;

const pathOf = (index: number) => `/prices/${index}`;

export const setPrices: Handler<Actions["setPrices"]> = transactional(async (ctx, { prices: rows }) => {
  const prices = parsePrices(rows, DEFAULT_CURRENCY, pathOf);
  return withKnownSkus(ctx, rows, pathOf, (areKnown) =>
    ctx.transaction(async (tx) => {
      const updated = await changePrices(ctx, tx, prices, areKnown);
      return { updated, unchanged: prices.length - updated };
    }),
  );
});

export const setPricesOfNewVariants: Handler<Actions["setPricesOfNewVariants"]> = transactional(
  async (ctx, { prices: rows }) => {
    // The catalogue calls with the rights of the person who adds the product.
    if (!hasScope(ctx.auth, "pricing:write")) throw new DomainError("FORBIDDEN");
    const prices = parsePrices(rows, DEFAULT_CURRENCY);
    await ctx.transaction((tx) => changePrices(ctx, tx, prices, true));
    return {};
  },
);

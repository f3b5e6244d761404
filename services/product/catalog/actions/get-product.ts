import { canonicalLocale } from "#config/locales.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { findProduct } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import type { CatalogDeps } from "../setup.ts";
import { offersOf } from "../steps/offers.ts";
import { shownTo } from "../steps/shown.ts";
import { displayValues, translateProducts } from "../steps/translate.ts";
import { productView } from "../view.ts";

export const getProduct: Handler<typeof catalog.actions.get, CatalogDeps> = async (
  ctx,
  { productId, currency = DEFAULT_CURRENCY, locale, draft },
) => {
  const found = await findProduct(ctx.db, await shownTo(ctx, { draft }), productId);
  if (!found) throw new DomainError("NOT_FOUND", `There is no product ${productId}.`);
  const { locales } = ctx.deps;
  const chain = await locales.chainOf(locale);
  const [product = found] = await translateProducts(ctx.db, [found], chain);
  const display = await displayValues(ctx.db, product, chain, canonicalLocale(locale ?? locales.own) ?? locales.own);
  return productView(product, await offersOf(ctx, [product], currency), display);
};

import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { findProduct } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { offersOf } from "../steps/offers.ts";
import { shownTo } from "../steps/shown.ts";
import { productView } from "../view.ts";

export const getProduct: Handler<typeof catalog.actions.get> = async (
  ctx,
  { productId, currency = DEFAULT_CURRENCY, draft },
) => {
  const product = await findProduct(ctx.db, await shownTo(ctx, { draft }), productId);
  if (!product) throw new DomainError("NOT_FOUND", `There is no product ${productId}.`);
  return productView(product, await offersOf(ctx, [product], currency));
};

import { Problem } from "../../../../mixins/errors.ts";
import type { Handler } from "../../../../mixins/service.ts";
import { catalog } from "../contract.ts";
import { archiveProduct as archive, lockCatalogue } from "../product.store.ts";
import { invalidate } from "../write-products.ts";

export const archiveProduct: Handler<typeof catalog.actions.archive> = async (ctx, { productId }) =>
  ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const archived = await archive(tx, productId, ctx.now());
    if (!archived) throw new Problem("NOT_FOUND", `There is no product ${productId}.`);
    tx.emit(catalog.events.ProductArchived, { productId, ...archived });
    tx.afterCommit(() => invalidate(ctx, [productId]));
    return {};
  });

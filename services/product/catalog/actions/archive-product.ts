import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import * as store from "../catalog.store.ts";
import { catalog } from "../contract.ts";
import { signalChanged } from "../steps/write-products.ts";

export const archiveProduct: Handler<typeof catalog.actions.archive> = transactional(async (ctx, { productId }) =>
  ctx.transaction(async (tx) => {
    await store.lockCatalogue(tx);
    const archived = await store.archiveProduct(tx, productId, ctx.now());
    if (!archived) throw new DomainError("NOT_FOUND", `There is no product ${productId}.`);
    tx.emit(catalog.events.ProductArchived, { productId, ...archived });
    tx.afterCommit(() => signalChanged(ctx, [productId]));
    return {};
  }),
);

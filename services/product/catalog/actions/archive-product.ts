import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import * as store from "../catalog.store.ts";
import { catalog } from "../contract.ts";
import { supplyChanges } from "../domain/supply.ts";
import { signalChanged } from "../steps/write-products.ts";

export const archiveProduct: Handler<typeof catalog.actions.archive> = transactional(async (ctx, { productId }) =>
  ctx.transaction(async (tx) => {
    await store.lockCatalogue(tx);
    const product = await store.findProduct(tx, productId);
    const archived = await store.archiveProduct(tx, productId, ctx.now());
    if (!product || !archived) throw new DomainError("NOT_FOUND", `There is no product ${productId}.`);
    tx.emit(catalog.events.ProductArchived, { productId, ...archived });
    for (const supply of supplyChanges(product, { kind: "physical", variants: [] }))
      tx.emit(catalog.events.SupplyChanged, supply);
    tx.afterCommit(() => signalChanged(ctx, [productId]));
    return {};
  }),
);

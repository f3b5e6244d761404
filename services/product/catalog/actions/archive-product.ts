import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import * as store from "../catalog.store.ts";
import { catalog } from "../contract.ts";
import { supplyChanges } from "../domain/supply.ts";
import type { CatalogDeps } from "../setup.ts";
import { DRAFT } from "../shown.store.ts";
import { beforeWriting } from "../steps/write-drafts.ts";
import { signalChanged } from "../steps/write-products.ts";

type Archive = typeof catalog.actions.archive;

export const archiveProduct: Handler<Archive, CatalogDeps> = transactional(async (ctx, { productId }) =>
  ctx.transaction(async (tx) => {
    await store.lockCatalogue(tx);
    const product = await store.findProduct(tx, DRAFT, productId);
    const effect = await beforeWriting(ctx, tx, [productId]);
    const archived = await store.archiveProduct(tx, productId, ctx.now());
    if (!product || !archived) throw new DomainError("NOT_FOUND", `There is no product ${productId}.`);
    if (effect === "draft") return {};
    tx.emit(catalog.events.ProductArchived, { productId, ...archived });
    for (const supply of supplyChanges([product], [])) tx.emit(catalog.events.SupplyChanged, supply);
    tx.afterCommit(() => signalChanged(ctx, [productId]));
    return {};
  }),
);

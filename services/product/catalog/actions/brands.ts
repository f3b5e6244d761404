import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { lockCatalogue } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { deleteBrand, insertBrand, pageBrands, renameBrand } from "../taxonomy.store.ts";

export const brands: Handler<typeof catalog.actions.brands> = async (ctx, { page, limit }) => {
  const { rows, pagination } = await pageBrands(ctx.db, page, limit);
  return { brands: rows.map(({ slug, name }) => ({ slug, name })), pagination };
};

export const createBrand: Handler<typeof catalog.actions.createBrand> = transactional(async (ctx, brand) =>
  ctx.transaction(async (tx) => {
    if (!(await insertBrand(tx, brand)))
      throw new DomainError("ALREADY_EXISTS", `There is a brand ${brand.slug} already.`);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return brand;
  }),
);

export const updateBrand: Handler<typeof catalog.actions.updateBrand> = async (ctx, brand) => {
  if (!(await renameBrand(ctx.db, brand))) throw new DomainError("NOT_FOUND", `There is no brand ${brand.slug}.`);
  ctx.signal("edge.invalidate", {});
  return brand;
};

export const removeBrand: Handler<typeof catalog.actions.deleteBrand> = transactional(async (ctx, { slug }) =>
  ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const outcome = await deleteBrand(tx, slug);
    if (outcome === "unknown") throw new DomainError("NOT_FOUND", `There is no brand ${slug}.`);
    if (outcome === "in use") throw new DomainError("CONFLICT", `Products of the brand ${slug} are in the shop.`);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return {};
  }),
);

import { paging } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { lockCatalogue } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import type { CatalogDeps } from "../setup.ts";
import { shownTo } from "../steps/shown.ts";
import { translateNames } from "../steps/translate.ts";
import * as store from "../taxonomy.store.ts";

type Actions = typeof catalog.actions;

export const listBrands: Handler<Actions["brands"], CatalogDeps> = async (ctx, { locale, draft, ...params }) => {
  const { page, limit, offset } = paging(params);
  const { brands, total } = await store.pageOfBrands(ctx.db, await shownTo(ctx, { draft }), { limit, offset });
  const named = brands.map(({ slug, name }) => ({ code: slug, name }));
  const names = await translateNames(ctx.db, "brand", named, await ctx.deps.locales.chainOf(locale));
  return {
    brands: brands.map(({ slug, name }, at) => ({ slug, name: names[at]?.name ?? name })),
    pagination: { page, limit, total },
  };
};

export const createBrand: Handler<Actions["createBrand"]> = transactional(async (ctx, brand) =>
  ctx.transaction(async (tx) => {
    if (!(await store.insertBrand(tx, brand)))
      throw new DomainError("ALREADY_EXISTS", `There is a brand ${brand.slug} already.`);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return brand;
  }),
);

export const updateBrand: Handler<Actions["updateBrand"]> = async (ctx, brand) => {
  if (!(await store.renameBrand(ctx.db, brand))) throw new DomainError("NOT_FOUND", `There is no brand ${brand.slug}.`);
  ctx.signal("edge.invalidate", {});
  return brand;
};

export const deleteBrand: Handler<Actions["deleteBrand"]> = transactional(async (ctx, { slug }) =>
  ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const outcome = await store.deleteBrand(tx, slug);
    if (outcome === "unknown") throw new DomainError("NOT_FOUND", `There is no brand ${slug}.`);
    if (outcome === "in use") throw new DomainError("CONFLICT", `The shop still has products of the brand ${slug}.`);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return {};
  }),
);

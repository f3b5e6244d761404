import { paging } from "#lib/contract/contract.ts";
import { DomainError, validationError } from "#lib/contract/errors.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { lockCatalogue } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { catalogLimits } from "../domain/limits.ts";
import type { CatalogDeps } from "../setup.ts";
import { shownTo } from "../steps/shown.ts";
import { translateNames } from "../steps/translate.ts";
import * as store from "../taxonomy.store.ts";

type Actions = typeof catalog.actions;

export const listCategories: Handler<Actions["categories"], CatalogDeps> = async (ctx, params) => {
  const { parent = null, branch, locale, draft } = params;
  const { page, limit, offset } = paging(params);
  if (branch !== undefined && parent !== null)
    throw validationError(undefined, [{ path: "/branch", message: "cannot be sent together with parent" }]);
  const seen = await shownTo(ctx, { draft });
  const { categories, above, total } =
    branch === undefined
      ? { ...(await store.pageOfCategories(ctx.db, seen, parent, { limit, offset })), above: undefined }
      : await store.branchOf(ctx.db, seen, branch, { limit, offset, depth: catalogLimits.CATEGORY_DEPTH });
  const all = [...categories, ...(above ?? [])];
  const named = all.map(({ slug, name }) => ({ code: slug, name }));
  const names = await translateNames(ctx.db, "category", named, await ctx.deps.locales.chainOf(locale));
  const shown = all.map((category, at) => ({ ...category, name: names[at]?.name ?? category.name }));
  return {
    categories: shown.slice(0, categories.length),
    ...(above ? { breadcrumbs: shown.slice(categories.length) } : {}),
    pagination: { page, limit, total },
  };
};

export const createCategory: Handler<Actions["createCategory"]> = transactional(
  async (ctx, { slug, name, parent = null }) =>
    ctx.transaction(async (tx) => {
      await lockCatalogue(tx);
      if (parent !== null) await refuseParent(tx, slug, parent);
      const category = { slug, name, parent };
      if (!(await store.insertCategory(tx, category))) {
        throw new DomainError("ALREADY_EXISTS", `There is a category ${slug} already.`);
      }
      tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
      return category;
    }),
);

export const updateCategory: Handler<Actions["updateCategory"]> = transactional(async (ctx, { slug, ...changes }) =>
  ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const before = await store.findCategory(tx, slug);
    if (!before) throw new DomainError("NOT_FOUND", `There is no category ${slug}.`);
    if (changes.parent) await refuseParent(tx, slug, changes.parent);
    const category = { ...before, ...changes };
    await store.updateCategory(tx, category);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return category;
  }),
);

export const deleteCategory: Handler<Actions["deleteCategory"]> = transactional(async (ctx, { slug }) =>
  ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const outcome = await store.deleteCategory(tx, slug);
    if (outcome === "unknown") throw new DomainError("NOT_FOUND", `There is no category ${slug}.`);
    if (outcome === "in use") throw new DomainError("CONFLICT", `The category ${slug} is not empty.`);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return {};
  }),
);

/** @throws DomainError VALIDATION_FAILED when the parent is unknown, is below the category itself, or is too deep */
async function refuseParent(tx: Transaction, slug: string, parent: string): Promise<void> {
  const { CATEGORY_DEPTH } = catalogLimits;
  const refuse = (message: string) => {
    throw validationError("The category cannot have this parent.", [{ path: "/parent", message }]);
  };
  const ancestors = await store.ancestorsOf(tx, parent, CATEGORY_DEPTH);
  if (ancestors.length === 0) refuse(`${parent} is not a category`);
  if (ancestors.includes(slug)) refuse(`${parent} is below ${slug}`);
  const height = await store.heightOf(tx, slug, CATEGORY_DEPTH);
  if (ancestors.length + height > CATEGORY_DEPTH) refuse(`makes more than ${CATEGORY_DEPTH} levels`);
}

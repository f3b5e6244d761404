import { DomainError } from "#lib/contract/errors.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { lockCatalogue } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { catalogLimits } from "../domain/limits.ts";
import * as store from "../taxonomy.store.ts";

export const categories: Handler<typeof catalog.actions.categories> = async (
  ctx,
  { page = 1, limit = 20, parent = null },
) => {
  const found = await store.pageCategories(ctx.db, parent, { page, limit });
  return { categories: found.categories, pagination: { page, limit, total: found.total } };
};

export const createCategory: Handler<typeof catalog.actions.createCategory> = transactional(
  async (ctx, { slug, name, parent = null }) =>
    ctx.transaction(async (tx) => {
      await lockCatalogue(tx);
      if (parent !== null) await requireRoom(tx, slug, parent);
      const category = { slug, name, parent };
      if (!(await store.insertCategory(tx, category))) {
        throw new DomainError("ALREADY_EXISTS", `There is a category ${slug} already.`);
      }
      tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
      return category;
    }),
);

export const updateCategory: Handler<typeof catalog.actions.updateCategory> = transactional(
  async (ctx, { slug, ...changes }) =>
    ctx.transaction(async (tx) => {
      await lockCatalogue(tx);
      const before = await store.findCategory(tx, slug);
      if (!before) throw new DomainError("NOT_FOUND", `There is no category ${slug}.`);
      if (changes.parent) await requireRoom(tx, slug, changes.parent);
      const category = { ...before, ...changes };
      await store.updateCategory(tx, category);
      tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
      return category;
    }),
);

export const removeCategory: Handler<typeof catalog.actions.deleteCategory> = transactional(async (ctx, { slug }) =>
  ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const outcome = await store.deleteCategory(tx, slug);
    if (outcome === "unknown") throw new DomainError("NOT_FOUND", `There is no category ${slug}.`);
    if (outcome === "in use") throw new DomainError("CONFLICT", `The category ${slug} is not empty.`);
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
    return {};
  }),
);

/** A category may stand below another that exists, is not below itself, and is not too deep. */
async function requireRoom(tx: Transaction, slug: string, parent: string): Promise<void> {
  const above = await store.ancestry(tx, parent, catalogLimits.CATEGORY_DEPTH);
  const refuse = (message: string) => {
    throw new DomainError("VALIDATION_FAILED", "The category cannot stand there.", {
      errors: [{ path: "/parent", message }],
    });
  };
  if (above.length === 0) refuse(`${parent} is not a category`);
  if (above.includes(slug)) refuse(`${parent} is below ${slug}`);
  const height = await store.heightOf(tx, slug, catalogLimits.CATEGORY_DEPTH);
  if (above.length + height > catalogLimits.CATEGORY_DEPTH)
    refuse(`is deeper than ${catalogLimits.CATEGORY_DEPTH} levels`);
}

import { fits } from "#lib/contract/validation.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { lockCatalogue } from "../catalog.store.ts";
import type { CategoryPath, Draft, NamedSlug } from "../domain/import/draft.ts";
import type { ImportSettings, NewCategory } from "../domain/import/import.ts";
import { catalogLimits } from "../domain/limits.ts";
import { Brand, Category } from "../domain/schemas.ts";
import { insertBrands, insertCategories, knownTaxonomy } from "../taxonomy.store.ts";

/** Adds the brands and categories that these products name and that do not exist, as far as the import may. */
export async function addTaxonomy(
  ctx: ServiceContext & Transactions,
  drafts: readonly Draft[],
  create: ImportSettings["create"],
): Promise<void> {
  const brands = create.brands ? brandsOf(drafts) : new Map<string, NamedSlug>();
  const categories = create.categories ? categoriesOf(drafts) : new Map<string, NewCategory>();
  if (brands.size === 0 && categories.size === 0) return;
  const known = await knownTaxonomy(ctx.db, [...brands.keys()], [...categories.keys()]);
  const newBrands = [...brands.values()].filter(({ slug }) => !known.brands.has(slug));
  const newCategories = [...categories.values()].filter(({ slug }) => !known.categories.has(slug));
  if (newBrands.length === 0 && newCategories.length === 0) return;
  await ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    await insertBrands(tx, newBrands);
    await insertCategories(tx, newCategories); // in the order of their levels: a parent comes first
    tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
  });
}

function brandsOf(drafts: readonly Draft[]): Map<string, NamedSlug> {
  const brands = drafts.flatMap(({ brand }) => (brand && fits(Brand, brand) ? [brand] : []));
  return new Map(brands.map((brand) => [brand.slug, brand]));
}

/** By slug; of two places of a category the first one counts. */
function categoriesOf(drafts: readonly Draft[]): Map<string, NewCategory> {
  const found = new Map<string, NewCategory>();
  const paths = drafts.flatMap(({ categories = [] }) => categories).filter(isPossible);
  for (const path of paths)
    path.forEach(({ slug, name }, level) => {
      if (!found.has(slug)) found.set(slug, { slug, name, parent: path[level - 1]?.slug ?? null });
    });
  return found;
}

function isPossible(path: CategoryPath): boolean {
  const slugs = new Set(path.map(({ slug }) => slug));
  return (
    path.length <= catalogLimits.CATEGORY_DEPTH &&
    slugs.size === path.length &&
    path.every((category) => fits(Category, { ...category, parent: null }))
  );
}

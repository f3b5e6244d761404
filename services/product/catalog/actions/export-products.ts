import { stringify } from "csv-stringify/sync";
import { limits } from "#config/limits.ts";
import { chunks } from "#lib/chunks.ts";
import { minorDigits, toMajor } from "#lib/contract/money.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import { attributeNames, productsAfter } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import type { CategoryPath } from "../domain/import/draft.ts";
import * as files from "../domain/import/export.ts";
import { catalogLimits } from "../domain/limits.ts";
import type { Product } from "../domain/product.ts";
import { brandNames, type Category, categoriesAbove } from "../taxonomy.store.ts";

/** Where an export goes on, and the columns that it began with. */
interface Cursor {
  after: string;
  columns: files.AttributeColumns;
}

const FORMATS = {
  csv: { header: files.ownHeader, rows: files.ownRows, canBeColumn: files.canBeColumn },
  shopify: { header: files.shopifyHeader, rows: files.shopifyRows, canBeColumn: () => true },
};

export const exportProducts: Handler<typeof catalog.actions.exportProducts> = async (
  ctx,
  { format = "csv", currency = DEFAULT_CURRENCY, next },
) => {
  minorDigits(currency);
  const { header, rows } = FORMATS[format];
  const { after, columns }: Cursor = next === undefined ? await beginning(ctx, format) : JSON.parse(next);
  const products = await productsAfter(ctx.db, after, catalogLimits.EXPORT_PRODUCTS);
  const context = { columns, currency, ...(await detailsOf(ctx, products, currency)) };
  const cells = products.flatMap((product) => rows(product, context));
  const text = csv(next === undefined ? [header(columns), ...cells] : cells);
  const last = products.length === catalogLimits.EXPORT_PRODUCTS ? products.at(-1) : undefined;
  return {
    type: "text/csv",
    base64: Buffer.from(text).toString("base64"),
    fileName: format === "csv" ? "products.csv" : "products-shopify.csv",
    ...(last && { next: JSON.stringify({ after: last.productId, columns } satisfies Cursor) }),
  };
};

async function beginning(ctx: ActionContext<unknown>, format: keyof typeof FORMATS): Promise<Cursor> {
  const names = await attributeNames(ctx.db, catalogLimits.EXPORT_COLUMNS);
  const { canBeColumn } = FORMATS[format];
  return {
    after: "",
    columns: { products: names.products.filter(canBeColumn), variants: names.variants.filter(canBeColumn) },
  };
}

/** A cell with a line break of any kind stands in quotes. */
function csv(cells: readonly (readonly string[])[]): string {
  return stringify(cells as string[][], { quoted_match: /[\r\n]/ });
}

async function detailsOf(ctx: ActionContext<unknown>, products: readonly Product[], currency: string) {
  const [brands, categories, prices] = await Promise.all([
    brandNames(ctx.db, [...new Set(products.flatMap(({ brand }) => brand ?? []))]),
    categoriesAbove(ctx.db, [...new Set(products.flatMap((product) => product.categories))]),
    pricesOf(ctx, products, currency),
  ]);
  const paths = new Map([...categories.keys()].map((slug) => [slug, pathOf(slug, categories)]));
  return { brandNames: brands, paths, prices };
}

/**
 * The products' own prices: those of lists and converted ones are no facts of a product, and an import would make them such.
 * Without prices there is no export: one without them would look complete.
 */
async function pricesOf(
  ctx: ActionContext<unknown>,
  products: readonly Product[],
  currency: string,
): Promise<Map<string, number>> {
  const skus = products.flatMap(({ variants }) => variants.map(({ sku }) => sku));
  const prices = new Map<string, number>();
  for (const some of chunks(skus, limits.SKUS_PER_CALL)) {
    const answer = await ctx.call("pricing.ownPrices", { skus: some, currency });
    for (const { sku, amountMinor } of answer.prices) prices.set(sku, toMajor(amountMinor, currency));
  }
  return prices;
}

function pathOf(slug: string, categories: ReadonlyMap<string, Category>): CategoryPath {
  const path: { slug: string; name: string }[] = [];
  for (let at: string | null = slug; at !== null && path.length < catalogLimits.CATEGORY_DEPTH; ) {
    const category = categories.get(at);
    if (!category) break;
    path.unshift({ slug: category.slug, name: category.name });
    at = category.parent;
  }
  return path;
}

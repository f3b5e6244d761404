import type { Queryable } from "#lib/sql/transaction.ts";
import { findAttributes } from "../attributes.store.ts";
import { attributeCodes } from "../catalog.store.ts";
import { displayOf } from "../domain/display.ts";
import type { Attributes, Product } from "../domain/product.ts";
import { type NamedKind, translated, translatedName } from "../domain/translation.ts";
import { translationsOfNames, translationsOfProducts } from "../translations.store.ts";

/** Products with their texts in the first locale of the chain that has them. Nothing is read for an empty chain. */
export async function translateProducts(
  db: Queryable,
  products: readonly Product[],
  chain: readonly string[],
): Promise<Product[]> {
  if (chain.length === 0 || products.length === 0) return [...products];
  const ids = products.map(({ productId }) => productId);
  const byId = Map.groupBy(await translationsOfProducts(db, ids, chain), ({ productId }) => productId);
  return products.map((product) => translated(product, byId.get(product.productId) ?? [], chain));
}

/** The name and the labels of each of these, in the first locale of the chain that has them. */
export async function translateNames(
  db: Queryable,
  kind: NamedKind,
  names: readonly { code: string; name: string }[],
  chain: readonly string[],
): Promise<{ name: string; labels: Record<string, string> }[]> {
  if (chain.length === 0 || names.length === 0) return names.map(({ name }) => ({ name, labels: {} }));
  const codes = names.map(({ code }) => code);
  const byCode = Map.groupBy(await translationsOfNames(db, kind, codes, chain), ({ code }) => code);
  return names.map(({ code, name }) => translatedName(name, byCode.get(code) ?? [], chain));
}

/**
 * The values of a product for people: with units, and labels of options in a language. Only a product with a set has any.
 * @param locale in which numbers are written
 */
export async function displayValues(
  db: Queryable,
  product: Product,
  chain: readonly string[],
  locale: string,
): Promise<(values: Attributes) => Record<string, string>> {
  if (product.attributeSet === null) return () => ({});
  const attributes = await findAttributes(db, attributeCodes([product]));
  const options = [...attributes.values()].filter(({ type }) => type === "option");
  const names = await translateNames(db, "attribute", options, chain);
  const labels = new Map(options.map(({ code }, at) => [code, names[at]?.labels ?? {}]));
  return (values) => displayOf(values, attributes, labels, locale);
}

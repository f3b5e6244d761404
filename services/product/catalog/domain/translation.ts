import type { FieldError } from "#lib/contract/errors.ts";
import type { Attribute } from "./attributes.ts";
import type { Product, ProductFacts } from "./product.ts";

/** The texts of a product in one language; `null`: as in a more general one. */
export interface ProductTranslation {
  productId: string;
  locale: string;
  title: string | null;
  description: string | null;
  /** Of its localised attributes, by code. */
  attributes: Record<string, string>;
}

/** What has a name that is translated, beside products. */
export type NamedKind = "attribute" | "brand" | "category";

export interface NameTranslation {
  code: string;
  locale: string;
  name: string | null;
  /** Of the options of an attribute, by option. */
  labels: Record<string, string>;
}

interface OfLocale {
  locale: string;
}

/** Those of some translations that are for one thing, in the order of the locales that a client wants. */
function inOrder<T extends OfLocale>(translations: readonly T[], chain: readonly string[]): T[] {
  return chain.flatMap((locale) => translations.find((one) => one.locale === locale) ?? []);
}

/** A product with its texts in the first locale of the chain that has them; each text by itself. */
export function translated(
  product: Product,
  translations: readonly ProductTranslation[],
  chain: readonly string[],
): Product {
  const own = inOrder(translations, chain);
  if (own.length === 0) return product;
  const attributes = { ...product.attributes };
  for (const translation of own.toReversed())
    for (const [code, text] of Object.entries(translation.attributes))
      if (Object.hasOwn(attributes, code)) attributes[code] = text;
  return {
    ...product,
    title: own.find(({ title }) => title !== null)?.title ?? product.title,
    description: own.find(({ description }) => description !== null)?.description ?? product.description,
    attributes,
  };
}

/** A name, and the labels of options, in the first locale of the chain that has them; each by itself. */
export function translatedName(
  name: string,
  translations: readonly NameTranslation[],
  chain: readonly string[],
): { name: string; labels: Record<string, string> } {
  const own = inOrder(translations, chain);
  return {
    name: own.find((one) => one.name !== null)?.name ?? name,
    labels: Object.assign({}, ...own.toReversed().map(({ labels }) => labels)),
  };
}

/** What is wrong with the attributes of a translation, by JSON pointer. */
export function translationFaults(
  product: ProductFacts,
  codes: readonly string[],
  attributes: ReadonlyMap<string, Attribute>,
): FieldError[] {
  return codes.flatMap((code) => {
    const path = `/attributes/${code}`;
    if (!attributes.get(code)?.localised) return [{ path, message: "is not a localised attribute" }];
    return Object.hasOwn(product.attributes, code) ? [] : [{ path, message: "is not an attribute of the product" }];
  });
}

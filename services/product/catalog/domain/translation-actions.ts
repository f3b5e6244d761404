import { Type } from "typebox";
import { staff } from "#lib/contract/access.ts";
import { action, Exact } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { Locale } from "#lib/contract/locale.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { Text } from "#lib/contract/text.ts";
import { catalogLimits } from "./limits.ts";
import { Code, Description, Name, Slug, Title } from "./schemas.ts";

// The part of the contract that is about texts in other languages than the shop's own.

const writeAccess = staff("catalog:write");

const Texts = Type.Record(Type.String(), Text(1_000), {
  propertyNames: Code,
  maxProperties: catalogLimits.PRODUCT_ATTRIBUTES,
  description: "Of its localised attributes, by code",
  examples: [{}],
});
const Labels = Type.Record(Type.String(), Text(200), {
  maxProperties: catalogLimits.ATTRIBUTE_OPTIONS,
  description: "Of the options of an attribute, by option",
  examples: [{}],
});

const ProductTranslation = NamedObject("ProductTranslation", {
  locale: Locale,
  title: Type.Optional(Title),
  description: Type.Optional(Description),
  attributes: Texts,
});
const NameTranslation = NamedObject("NameTranslation", { locale: Locale, name: Type.Optional(Name), labels: Labels });

const replaces =
  "It replaces the translation of before; one without texts removes it. What it leaves out is shown in a more general language: `de-AT`, `de`, then the shop's own.";

const named = <const R extends `PUT /${string}`>(summary: string, rest: R, example: { slug: string; name: string }) =>
  action({
    summary,
    description: replaces,
    rest,
    example: { locale: "de", ...example },
    params: Exact({ slug: Slug, locale: Locale, name: Type.Optional(Name) }),
    returns: NameTranslation,
    access: writeAccess,
    retryable: true,
  });

export const translationActions = {
  translateProduct: action({
    summary: "Translates the texts of a product.",
    description: replaces,
    rest: "PUT /products/:productId/translations/:locale",
    example: { locale: "de", title: "Campingstuhl" },
    params: Exact({
      productId: Id("product"),
      locale: Locale,
      title: Type.Optional(Title),
      description: Type.Optional(Description),
      attributes: Type.Optional(Texts),
    }),
    returns: ProductTranslation,
    access: writeAccess,
    retryable: true,
  }),
  productTranslations: action({
    summary: "Reads the translations of a product.",
    rest: "GET /products/:productId/translations",
    params: Exact({ productId: Id("product") }),
    returns: Type.Object({ translations: Type.Array(ProductTranslation) }),
    access: writeAccess,
  }),
  translateAttribute: action({
    summary: "Translates the name of an attribute, and the labels of its options.",
    description: replaces,
    rest: "PUT /attributes/:code/translations/:locale",
    example: { code: "weight", locale: "de", name: "Gewicht" },
    params: Exact({ code: Code, locale: Locale, name: Type.Optional(Name), labels: Type.Optional(Labels) }),
    returns: NameTranslation,
    access: writeAccess,
    retryable: true,
  }),
  translateCategory: named("Translates the name of a category.", "PUT /categories/:slug/translations/:locale", {
    slug: "camping",
    name: "Camping",
  }),
  translateBrand: named("Translates the name of a brand.", "PUT /brands/:slug/translations/:locale", {
    slug: "emberline",
    name: "Emberline",
  }),
};

import { Type } from "typebox";
import { Timestamp } from "#lib/contract/contract.ts";
import { Id, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedExact, NamedObject } from "#lib/contract/named.ts";
import { FormedText } from "#lib/contract/text.ts";
import { catalogLimits } from "./limits.ts";

export const Slug = FormedText("lower-case letters, digits and hyphens", "^[a-z0-9][a-z0-9._-]*$", {
  minLength: 1,
  maxLength: 200,
  description: "Name in URLs",
  examples: ["enamel-mug"],
});
export const Name = Type.String({ minLength: 1, maxLength: 100, examples: ["Lighthouse Goods"] });
export const Title = Type.String({ minLength: 1, maxLength: 200, examples: ["Enamel Mug"] });
const Description = Type.String({ maxLength: 10_000, examples: ["A 350 ml steel mug, enamelled twice."] });
const Images = Type.Array(Type.String({ minLength: 1, maxLength: 2_000, description: "URL or path of an image" }), {
  maxItems: catalogLimits.PRODUCT_IMAGES,
  examples: [[]],
});
const Categories = Type.Array(Slug, {
  maxItems: catalogLimits.PRODUCT_CATEGORIES,
  uniqueItems: true,
  examples: [["camp-kitchen"]],
});
const BrandOrNone = Type.Union([Slug, Type.Null()], { examples: ["emberline"] });
const Attributes = Type.Record(
  Type.String(),
  Type.Union([Type.String({ maxLength: 1_000 }), Type.Number(), Type.Boolean()]),
  {
    propertyNames: FormedText("1 to 100 characters, none of them a control character", "^[^\\u0000-\\u001f]{1,100}$"),
    maxProperties: catalogLimits.PRODUCT_ATTRIBUTES,
    description: "Facts by name",
    examples: [{ colour: "moss" }],
  },
);

export const Order = Type.Enum(["title", "-title", "createdAt", "-createdAt"]);
const Money = NamedExact("PriceToSet", { amount: Amount, currency: Type.Optional(Currency) });
const NewVariant = NamedExact("NewVariant", {
  sku: Sku,
  attributes: Type.Optional(Attributes),
  price: Type.Optional(Money),
});
export const NewVariants = Type.Array(NewVariant, { minItems: 1, maxItems: catalogLimits.PRODUCT_VARIANTS });
/** The properties of a product that may be left out. */
export const optionalFacts = {
  brand: Type.Optional(BrandOrNone),
  categories: Type.Optional(Categories),
  images: Type.Optional(Images),
  description: Type.Optional(Description),
  attributes: Type.Optional(Attributes),
};

const Availability = Type.Enum(["in_stock", "out_of_stock", "unknown"], {
  description: "`unknown` while stock cannot be read",
});
const PriceOrNone = Type.Union([Type.Object({ amount: Amount, currency: Currency }), Type.Null()], {
  description: "null without a price in this currency, and while prices cannot be read; of a product, its lowest price",
});
export const ProductSummary = NamedObject("ProductSummary", {
  productId: Id("product"),
  title: Title,
  slug: Slug,
  brand: BrandOrNone,
  categories: Categories,
  images: Images,
  price: PriceOrNone,
  availability: Availability,
  variants: Type.Array(
    Type.Object({
      sku: Sku,
      attributes: Attributes,
      price: PriceOrNone,
      available: Type.Union([Type.Integer(), Type.Null()], { description: "Pieces; null while stock cannot be read" }),
    }),
  ),
});
export const Product = NamedObject("Product", {
  ...ProductSummary.properties,
  description: Description,
  attributes: Attributes,
  createdAt: Timestamp,
  updatedAt: Timestamp,
});

export const Category = NamedObject("Category", { slug: Slug, name: Name, parent: Type.Union([Slug, Type.Null()]) });
export const Brand = NamedObject("Brand", { slug: Slug, name: Name });

export const ProductFacts = NamedObject("ProductFacts", {
  productId: Id("product"),
  slug: Slug,
  title: Title,
  brand: BrandOrNone,
  categories: Categories,
  images: Images,
  description: Description,
  attributes: Attributes,
  variants: Type.Array(Type.Object({ sku: Sku, attributes: Attributes })),
  taxCategory: Type.Optional(Type.String({ description: "How the product is taxed", examples: ["standard"] })),
});

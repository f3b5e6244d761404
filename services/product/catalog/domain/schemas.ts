import { Type } from "typebox";
import { Exact, Timestamp } from "#lib/contract/contract.ts";
import { Id, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedExact, NamedObject } from "#lib/contract/named.ts";
import { FormedText, Text } from "#lib/contract/text.ts";
import { Rating } from "#services/product/reviews/contract.ts";
import { catalogLimits } from "./limits.ts";
import { STANDARD_TAX } from "./product.ts";
import { PRODUCT_KINDS } from "./supply.ts";

export const Slug = FormedText("lower-case letters, digits and hyphens", "^[a-z0-9][a-z0-9._-]*$", {
  minLength: 1,
  maxLength: 200,
  description: "Name in URLs",
  examples: ["enamel-mug"],
});
export const Name = Type.String({ minLength: 1, maxLength: 100, examples: ["Lighthouse Goods"] });
export const Title = Type.String({ minLength: 1, maxLength: 200, examples: ["Enamel Mug"] });
export const Description = Type.String({ maxLength: 10_000, examples: ["A 350 ml steel mug, enamelled twice."] });
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

/** The name of an attribute or a set in requests, such as `attributes.colour=red`. */
export const Code = FormedText("letters, digits, hyphens and underscores", "^[A-Za-z0-9][A-Za-z0-9_-]*$", {
  minLength: 1,
  maxLength: 100,
  examples: ["weight"],
});
const AttributeSetOrNone = Type.Union([Code, Type.Null()], {
  description: "The set that says which attributes a product may have; null: any",
  examples: [null],
});
const TaxCategory = Text(catalogLimits.TAX_CATEGORY_CHARS, {
  description: "Which rate of tax is meant, such as `reduced` or `books`",
  examples: [STANDARD_TAX],
});

export const Order = Type.Enum(["title", "-title", "createdAt", "-createdAt"]);
const Money = NamedExact("PriceToSet", { amount: Amount, currency: Type.Optional(Currency) });
/** Pieces of variants that a variant of a bundle consists of. */
export const Components = Type.Array(
  NamedExact("Component", { sku: Sku, quantity: Type.Integer({ minimum: 1, maximum: 1_000, examples: [2] }) }),
  { maxItems: catalogLimits.BUNDLE_COMPONENTS, examples: [[]] },
);
const Kind = Type.Enum(PRODUCT_KINDS, {
  description: "`digital`: it has no stock; `bundle`: it takes the stock of the `components` of its variants",
  examples: ["physical"],
});
const NewVariant = NamedExact("NewVariant", {
  sku: Sku,
  components: Type.Optional(Components),
  attributes: Type.Optional(Attributes),
  price: Type.Optional(Money),
});
export const NewVariants = Type.Array(NewVariant, { minItems: 1, maxItems: catalogLimits.PRODUCT_VARIANTS });
/** The properties of a product that may be left out. */
export const optionalFacts = {
  kind: Type.Optional(Kind),
  brand: Type.Optional(BrandOrNone),
  categories: Type.Optional(Categories),
  images: Type.Optional(Images),
  description: Type.Optional(Description),
  attributeSet: Type.Optional(AttributeSetOrNone),
  attributes: Type.Optional(Attributes),
  taxCategory: Type.Optional(TaxCategory),
};
/** A product as a batch or a file gives it. */
export const NewProduct = Exact({ slug: Slug, title: Title, ...optionalFacts, variants: NewVariants });

const Display = Type.Record(Type.String(), Type.String(), {
  description: "For people, in their language: values with their unit, and labels of options; by code",
  examples: [{ weight: "2.4 kg" }],
});
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
  kind: Type.Optional(Type.With(Kind, { description: "Absent: `physical`" })),
  brand: BrandOrNone,
  categories: Categories,
  images: Images,
  price: PriceOrNone,
  availability: Availability,
  rating: Type.Optional(Rating),
  variants: Type.Array(
    Type.Object({
      sku: Sku,
      attributes: Attributes,
      components: Type.Optional(Components),
      display: Type.Optional(Display),
      price: PriceOrNone,
      available: Type.Union([Type.Integer(), Type.Null()], { description: "Pieces; null while stock cannot be read" }),
    }),
  ),
});
export const Product = NamedObject("Product", {
  ...ProductSummary.properties,
  description: Description,
  attributeSet: AttributeSetOrNone,
  attributes: Attributes,
  display: Type.Optional(Display),
  taxCategory: TaxCategory,
  createdAt: Timestamp,
  updatedAt: Timestamp,
});

export const Category = NamedObject("Category", { slug: Slug, name: Name, parent: Type.Union([Slug, Type.Null()]) });
export const Brand = NamedObject("Brand", { slug: Slug, name: Name });

export const ProductFacts = NamedObject("ProductFacts", {
  productId: Id("product"),
  slug: Slug,
  title: Title,
  kind: Type.Optional(Kind),
  brand: BrandOrNone,
  categories: Categories,
  images: Images,
  description: Description,
  attributeSet: Type.Optional(AttributeSetOrNone),
  attributes: Attributes,
  taxCategory: Type.Optional(TaxCategory),
  variants: Type.Array(Type.Object({ sku: Sku, attributes: Attributes, components: Type.Optional(Components) })),
});

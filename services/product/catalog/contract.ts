import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { anyone, internal, staff } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact, event } from "#lib/contract/contract.ts";
import { CursorPage, CursorPagination } from "#lib/contract/cursor.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds, Id, Sku } from "#lib/contract/ids.ts";
import { Locale } from "#lib/contract/locale.ts";
import { Currency } from "#lib/contract/money.ts";
import { FormedText } from "#lib/contract/text.ts";
import { AttributesAsked, attributeActions, Facets, FacetsAsked } from "./domain/attribute-actions.ts";
import { collectionActions } from "./domain/collection-actions.ts";
import * as examples from "./domain/examples.ts";
import { importActions, importSignals, importTables } from "./domain/import-actions.ts";
import { catalogLimits } from "./domain/limits.ts";
import { Draft, draftErrors, publicationActions } from "./domain/publication-actions.ts";
import {
  Code,
  Components,
  NewProduct,
  NewVariants,
  Order,
  optionalFacts,
  Product,
  ProductFacts,
  ProductSummary,
  Slug,
  Title,
} from "./domain/schemas.ts";
import { taxonomyActions } from "./domain/taxonomy-actions.ts";
import { translationActions } from "./domain/translation-actions.ts";

export const catalogIds = defineIds({ product: "prod", import: "imp" });

interface Cached {
  productId: string;
  variants: readonly { sku: string; components?: readonly { sku: string }[] }[];
}
/** What changes a cached answer: the ratings of the product, prices and stock of its variants, and those of their components. */
const shownBy = ({ productId, variants }: Cached) => [
  productId,
  ...variants.flatMap(({ sku, components = [] }) => [sku, ...components.map((component) => component.sku)]),
];
const writeAccess = staff("catalog:write");

export const catalogErrors = defineErrors({
  UNKNOWN_PRODUCT: { status: 422, title: "There is no such product" },
});

export const catalog = contract("catalog", {
  summary: "What the shop sells: products, variants, categories and brands.",
  essential: true,
  actions: {
    list: action({
      summary: "Lists products.",
      description:
        "`category` includes the categories below it. `page` and `limit` choose the part of the list; `cursor` reads on from `pagination.next`, however long the list is, and products that are added or archived meanwhile move nothing. `total` is counted for pages only: up to 10,000, of a search up to 1,000; beyond that there is `atLeast` beside it.",
      rest: "GET /products",
      params: Exact({
        ...CursorPage,
        category: Type.Optional(Slug),
        brand: Type.Optional(Slug),
        slug: Type.Optional(Slug),
        q: Type.Optional(
          Type.String({
            maxLength: 200,
            description:
              "Part of the title, the brand's name or a sku, without regard to case and accents; one or two characters are the beginning of a word there",
          }),
        ),
        attributes: Type.Optional(AttributesAsked),
        facets: Type.Optional(FacetsAsked),
        collection: Type.Optional(Code),
        sort: Type.Optional(Order),
        currency: Type.Optional(Currency),
        locale: Type.Optional(Locale),
        ...Draft,
      }),
      returns: Type.Object({ products: Type.Array(ProductSummary), pagination: CursorPagination, ...Facets }),
      access: anyone({ badToken: "ignored" }),
      cached: { skus: ({ products }) => products.flatMap(shownBy) },
      localised: true,
      privateWith: ["draft"],
      errors: draftErrors,
      expensiveWith: ["q", "attributes", "facets", "collection"],
    }),
    get: action({
      summary: "Reads a product.",
      rest: "GET /products/:productId",
      params: Exact({
        productId: Id("product"),
        currency: Type.Optional(Currency),
        locale: Type.Optional(Locale),
        ...Draft,
      }),
      returns: Product,
      access: anyone({ badToken: "ignored" }),
      cached: { skus: shownBy },
      localised: true,
      privateWith: ["draft"],
      errors: draftErrors,
    }),
    create: action({
      summary: "Adds a product.",
      description:
        "The `price` of a variant is set as with `PUT /prices/{sku}`. A sku belongs to one product. Stock of it is added with `POST /inventory/{sku}/adjustments`.",
      rest: "POST /products",
      example: examples.product,
      status: 201,
      params: Exact({
        productId: Type.Optional(
          FormedText("1 to 64 letters, digits, hyphens or underscores", "^[A-Za-z0-9_-]{1,64}$", {
            examples: ["prod_camp_chair"],
          }),
        ),
        slug: Slug,
        title: Title,
        ...optionalFacts,
        variants: NewVariants,
      }),
      returns: Product,
      access: writeAccess,
      errors: ["ALREADY_EXISTS"],
      idempotent: true,
    }),
    update: action({
      summary: "Changes the properties of a product that are given.",
      description: "`variants` replaces all variants. A variant that is left out can no longer be bought.",
      rest: "PUT /products/:productId",
      example: { description: "A 350 ml steel mug, enamelled twice." },
      params: Exact({
        productId: Id("product"),
        slug: Type.Optional(Slug),
        title: Type.Optional(Title),
        ...optionalFacts,
        variants: Type.Optional(NewVariants),
      }),
      returns: Product,
      access: writeAccess,
      errors: ["ALREADY_EXISTS"],
      retryable: true,
    }),
    archive: action({
      summary: "Takes a product out of the shop.",
      description: "Its slug and skus become free. Orders of the product stay as they are.",
      rest: "DELETE /products/:productId",
      example: { productId: "prod_demo_linen_towels" },
      status: 204,
      params: Exact({ productId: Id("product") }),
      returns: Empty,
      access: writeAccess,
    }),
    batch: action({
      summary: "Adds products, or replaces those that have the same slug.",
      description: "All or none: when one row is refused, nothing changes.",
      rest: "POST /products:batch",
      example: { products: [examples.batchedProduct] },
      params: Exact({
        products: Type.Array(NewProduct, { minItems: 1, maxItems: catalogLimits.PRODUCT_BATCH_ROWS }),
      }),
      returns: Type.Object({
        products: Type.Array(Type.Object({ productId: Id("product"), slug: Slug, skus: Type.Array(Sku) })),
      }),
      access: writeAccess,
      errors: ["ALREADY_EXISTS"],
      idempotent: true,
      retryable: true,
      timeoutMs: limits.REQUEST_TIMEOUT_MS, // a full batch takes longer than a read, and a second call would not help
      bodyBytes: limits.BATCH_BODY_BYTES,
    }),
    resolve: action({
      summary: "Finds the variant of each order line, in the order of the request.",
      params: Exact({
        items: Type.Array(Exact({ productId: Id("product"), sku: Type.Optional(Sku) }), {
          maxItems: limits.ORDER_LINES,
        }),
      }),
      returns: Type.Object({
        items: Type.Array(
          Type.Union([
            Exact({ productId: Id("product"), sku: Sku, title: Title }),
            Exact({
              productId: Id("product"),
              sku: Type.Optional(Sku),
              problem: Type.Union([Type.Literal("UNKNOWN_PRODUCT"), Type.Literal("SKU_REQUIRED")]),
            }),
          ]),
        ),
      }),
      access: internal(),
      retryable: true,
    }),
    unknownSkus: action({
      summary: "Those of many skus that no product of the shop has.",
      params: Exact({ skus: Type.Array(Sku, { maxItems: catalogLimits.SKUS_PER_QUESTION }) }),
      returns: Type.Object({ skus: Type.Array(Sku) }),
      access: internal(),
      retryable: true,
    }),
    ...taxonomyActions,
    ...publicationActions,
    ...attributeActions,
    ...importActions,
    ...translationActions,
    ...collectionActions,
  },
  personalData: {
    brand: "none",
    category: "none",
    product: "none",
    variant: "none",
    product_category: "none",
    published_brand: "none",
    published_category: "none",
    published_product: "none",
    published_variant: "none",
    published_product_category: "none",
    catalogue_state: "none",
    publication: "none",
    draft_change: "none",
    shown_change: "none",
    attribute: "none",
    attribute_set: "none",
    ...importTables,
    product_translation: "none",
    name_translation: "none",
    translated_locale: "none",
    collection: "none",
  },
  signals: {
    ...importSignals,
    /** Products were written or archived: what a node has cached about them is stale. */
    productsChanged: Exact({ productIds: Type.Array(Id("product")) }),
    /** The shop shows another version. */
    shownChanged: Exact({}),
    /** The first translation into a language was written. */
    localesChanged: Exact({}),
  },
  events: {
    ProductCreated: event({ key: "productId", version: "1.0", data: ProductFacts }),
    ProductUpdated: event({ key: "productId", version: "1.0", data: ProductFacts }),
    ProductArchived: event({
      key: "productId",
      version: "1.0",
      data: Type.Object({ productId: Id("product"), slug: Slug, skus: Type.Array(Sku) }),
    }),
    /** What one piece of a variant takes from the stock from now on. Only for what is not, or is no longer, itself. */
    SupplyChanged: event({
      key: "sku",
      version: "1.0",
      data: Type.Object({
        sku: Sku,
        takes: Type.Union([Components, Type.Null()], {
          description: "Pieces of other variants; none for a digital product; null: one piece of itself",
        }),
      }),
    }),
    // The shop shows this version, and the events of all `changes` products that it shows differently were published.
    CatalogPublished: event({
      key: "version",
      version: "1.0",
      data: Type.Object({ version: Type.Integer(), changes: Type.Integer() }),
    }),
  },
});

export { NewSkus, withKnownSkus } from "./domain/known-skus.ts";

declare module "#lib/contract/types.ts" {
  interface Contracts {
    catalog: typeof catalog;
  }
}

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    catalog: typeof catalogErrors;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    catalog: typeof catalogIds;
  }
}

import { Type } from "typebox";
import { anyone, staff } from "#lib/contract/access.ts";
import { action, Empty, Exact, Page, Pagination } from "#lib/contract/contract.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedExact, NamedObject } from "#lib/contract/named.ts";
import { catalogLimits } from "./limits.ts";
import { Code, Slug, Title } from "./schemas.ts";

// The part of the contract that is about collections.

const writeAccess = staff("catalog:write");
const readAccess = anyone({ badToken: "ignored" });

const Value = Type.Union([Type.String({ maxLength: 1_000 }), Type.Number(), Type.Boolean()]);
const PriceBound = Exact({ amount: Amount, currency: Currency });
const Rule = NamedExact("CollectionRule", {
  category: Type.Optional(Slug),
  brand: Type.Optional(Slug),
  attributes: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Union([Value, Type.Array(Value, { minItems: 1, maxItems: catalogLimits.FILTER_VALUES })]),
      {
        propertyNames: Code,
        maxProperties: catalogLimits.FILTER_ATTRIBUTES,
        description: 'By code: a value, several of which any fits, or a range such as `"1..5"`',
        examples: [{}],
      },
    ),
  ),
  priceBelow: Type.Optional(PriceBound),
  priceAbove: Type.Optional(PriceBound),
});
const Collection = NamedObject("Collection", { code: Code, title: Title, rule: Rule });

const cheap = { brand: "emberline", priceBelow: { amount: 20, currency: "USD" } };

export const collectionActions = {
  createCollection: action({
    summary: "Defines a collection: products are in it by a rule.",
    description:
      "`GET /products?collection=…` lists its products. A product fits when it fits all parts of the rule; prices are compared with the lowest price of its variants, as pricing says it at that moment.",
    rest: "POST /collections",
    example: { code: "below-20", title: "Below 20", rule: cheap },
    status: 201,
    params: Exact({ code: Code, title: Title, rule: Rule }),
    returns: Collection,
    access: writeAccess,
    errors: ["ALREADY_EXISTS", "LIMIT_REACHED"],
    idempotent: true,
  }),
  collections: action({
    summary: "Lists collections by code.",
    rest: "GET /collections",
    params: Exact({ ...Page }),
    returns: Type.Object({ collections: Type.Array(Collection), pagination: Pagination }),
    access: readAccess,
    cached: true,
  }),
  getCollection: action({
    summary: "Reads a collection.",
    rest: "GET /collections/:code",
    example: { code: "below-20" },
    params: Exact({ code: Code }),
    returns: Collection,
    access: readAccess,
    cached: true,
  }),
  updateCollection: action({
    summary: "Changes the title or the rule of a collection.",
    rest: "PUT /collections/:code",
    example: { code: "below-20", title: "All below 20" },
    params: Exact({ code: Code, title: Type.Optional(Title), rule: Type.Optional(Rule) }),
    returns: Collection,
    access: writeAccess,
    retryable: true,
  }),
  deleteCollection: action({
    summary: "Removes a collection; its products stay.",
    rest: "DELETE /collections/:code",
    example: { code: "below-20" },
    status: 204,
    params: Exact({ code: Code }),
    returns: Empty,
    access: writeAccess,
  }),
};

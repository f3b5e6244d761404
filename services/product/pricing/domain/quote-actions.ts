import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { anyone } from "#lib/contract/access.ts";
import { Country } from "#lib/contract/address.ts";
import { action, Exact, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { Sku } from "#lib/contract/ids.ts";
import { Moment } from "#lib/contract/moment.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedExact, NamedObject } from "#lib/contract/named.ts";
import { TextOrEmpty } from "#lib/contract/text.ts";
import { Code, Group, Item, MinQuantity, Pieces, Region, Source, WarehouseId } from "./schemas.ts";

// The part of the contract that is about what a purchase would cost, and what prices were before.

const Sum = Type.Number({ minimum: 0, description: "In major units of the currency", examples: [14.5] });
const None = Type.With(Sum, { examples: [0] });

const TaxLine = NamedObject("QuotedTax", {
  name: Type.String({ examples: ["VAT"] }),
  rate: Type.Number({ description: "Percent", examples: [20] }),
  amount: Sum,
});
const Line = NamedObject("QuotedLine", {
  sku: Sku,
  quantity: Pieces,
  unitPrice: Type.With(Amount, { description: "What one piece costs" }),
  listPrice: Type.With(Amount, { description: "What one piece costs without price lists" }),
  source: Source,
  discounts: Type.Array(Type.Object({ promotionId: Type.String(), name: Type.String(), amount: Sum }), {
    examples: [[]],
  }),
  tax: Type.Array(TaxLine, { examples: [[]] }),
  total: Sum,
});

/** The parts of an address that taxes depend on. */
const Place = NamedExact("QuotedPlace", {
  country: Type.Optional(Country),
  state: Type.Optional(TextOrEmpty(100, { examples: ["OR"] })),
  zipCode: Type.Optional(TextOrEmpty(20, { examples: ["97201"] })),
});

const Change = NamedObject("PriceChange", {
  amount: Type.Union([Amount, Type.Null()], { description: "Null: the price was removed from the list" }),
  validFrom: Timestamp,
});

export const quoteActions = {
  quote: action({
    summary: "What a purchase would cost, line by line.",
    description:
      "Customers are quoted what holds for the groups that they are in, guests what holds for everybody. `customerGroup` asks for one group instead: staff for any, customers for one of theirs. With `at` it is what holds at that moment: prices of the past as they were, under the lists of today. `region` is the country of `address` unless given. Taxes are those of `address`; where it has no country, of `region`.",
    rest: "POST /quotes",
    params: Exact({
      items: Type.Array(Item, { minItems: 1, maxItems: limits.ORDER_LINES }),
      currency: Type.Optional(Currency),
      customerGroup: Type.Optional(Group),
      region: Type.Optional(Region),
      warehouseId: Type.Optional(WarehouseId),
      at: Type.Optional(Moment),
      address: Type.Optional(Place),
    }),
    returns: Type.Object({
      lines: Type.Array(Line),
      subtotal: Type.With(Sum, { description: "The sum of all lines, without discounts and taxes" }),
      discount: None,
      tax: None,
      total: Sum,
      currency: Currency,
    }),
    access: anyone({ badToken: "ignored" }),
    errors: ["FORBIDDEN", "UNKNOWN_PRODUCT"],
    retryable: true,
  }),
  history: action({
    summary: "What a price was before, the latest change first, and the lowest one of 30 days.",
    description:
      "`lowestIn30Days` is the prior price that Article 6a of Directive 98/6/EC asks for beside a reduction: when the last change has lowered the price, the lowest one of the 30 days before that change; otherwise the lowest of the last 30 days. With `list` it is about the price in that list. That of a list for a group is for staff.",
    rest: "GET /prices/:sku/history",
    params: Exact({
      sku: Sku,
      currency: Type.Optional(Currency),
      list: Type.Optional(Code),
      minQuantity: Type.Optional(MinQuantity),
      warehouseId: Type.Optional(WarehouseId),
      ...Page,
    }),
    returns: Type.Object({
      sku: Sku,
      currency: Currency,
      list: Type.Optional(Code),
      changes: Type.Array(Change),
      lowestIn30Days: Type.Union([Amount, Type.Null()], { description: "Null: there was no price in that time" }),
      reducedAt: Type.Union([Timestamp, Type.Null()], {
        description: "Since when the price is reduced; null when its last change has not lowered it",
        examples: [null],
      }),
      pagination: Pagination,
    }),
    access: anyone({ badToken: "ignored" }),
    errors: ["FORBIDDEN"],
  }),
};

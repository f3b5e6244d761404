import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { staff } from "#lib/contract/access.ts";
import { action, Empty, Exact, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { Sku } from "#lib/contract/ids.ts";
import { Moment } from "#lib/contract/moment.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { pricingLimits } from "./limits.ts";
import { Code, Group, MinQuantity, Priority, Region, WarehouseId } from "./schemas.ts";

// The part of the contract that is about price lists.

const StartsAt = Type.With(Moment, {
  description: "From when on it holds; always unless given",
  examples: ["2026-01-01"],
});
const EndsAt = Type.With(Moment, {
  description: "The first moment at which it does not hold any more; never unless given",
  examples: ["2036-01-01"],
});

const terms = {
  customerGroup: Type.Optional(Group),
  region: Type.Optional(Region),
  startsAt: Type.Optional(StartsAt),
  endsAt: Type.Optional(EndsAt),
  priority: Priority,
};
const List = NamedObject("PriceList", {
  code: Code,
  currency: Currency,
  customerGroup: Type.Optional(Group),
  region: Type.Optional(Region),
  startsAt: Type.Optional(Timestamp),
  endsAt: Type.Optional(Timestamp),
  priority: Priority,
});
const EXAMPLE = { customerGroup: "wholesale", priority: 10 };

const entry = {
  sku: Sku,
  amount: Amount,
  minQuantity: Type.Optional(MinQuantity),
  warehouseId: Type.Optional(WarehouseId),
};
const Entry = NamedObject("ListPrice", {
  sku: Sku,
  amount: Amount,
  minQuantity: MinQuantity,
  warehouseId: Type.Optional(WarehouseId),
});

const writeAccess = staff("pricing:write");
const readAccess = staff("pricing:read");

export const priceListActions = {
  createList: action({
    summary: "Adds a price list.",
    description:
      "Its prices are set with `PUT /price-lists/{code}/prices/{sku}`. They hold in its currency: for customers of its group, deliveries to its region, and from `startsAt` until before `endsAt`, where these are given. Of what holds the most specific price counts: one for the warehouse, then that of the list with the highest priority, then the sku's own price; of equal ones the lower.",
    rest: "POST /price-lists",
    status: 201,
    example: { code: "WHOLESALE", currency: "USD", ...EXAMPLE },
    params: Exact({ code: Code, currency: Currency, ...terms }),
    returns: List,
    access: writeAccess,
    errors: ["ALREADY_EXISTS", "LIMIT_REACHED"],
    idempotent: true,
  }),
  lists: action({
    summary: "Price lists, by code.",
    rest: "GET /price-lists",
    params: Exact({ ...Page }),
    returns: Type.Object({ priceLists: Type.Array(List), pagination: Pagination }),
    access: readAccess,
  }),
  setListPrice: action({
    summary: "Sets the price of a sku in a list, from a number of pieces on.",
    description:
      "A sku may have several prices in a list: one for each quantity, and for each warehouse. The quantity is that of the sku in the whole purchase, and the price is that of each of its pieces.",
    rest: "PUT /price-lists/:code/prices/:sku",
    params: Exact({ code: Code, ...entry }),
    returns: Entry,
    access: writeAccess,
    errors: ["LIMIT_REACHED", "UNKNOWN_PRODUCT"],
    retryable: true,
  }),
  setListPrices: action({
    summary:
      "Sets many prices of a list at once, all or none; of two for the same sku, quantity and warehouse the last one counts.",
    rest: "POST /price-lists/:code/prices:batch",
    params: Exact({
      code: Code,
      prices: Type.Array(Exact(entry), { minItems: 1, maxItems: pricingLimits.PRICE_BATCH_ROWS }),
    }),
    example: { prices: [{ sku: "MUG-ENAMEL", amount: 11.5, minQuantity: 12 }] },
    returns: Type.Object({
      updated: Type.Integer({ description: "Number of prices that changed" }),
      unchanged: Type.Integer(),
    }),
    access: writeAccess,
    errors: ["LIMIT_REACHED", "UNKNOWN_PRODUCT"],
    idempotent: true,
    retryable: true,
    timeoutMs: limits.REQUEST_TIMEOUT_MS,
    bodyBytes: limits.BATCH_BODY_BYTES,
  }),
  listPrices: action({
    summary: "The prices of a list, by sku.",
    rest: "GET /price-lists/:code/prices",
    params: Exact({ code: Code, ...Page }),
    returns: Type.Object({ prices: Type.Array(Entry), pagination: Pagination }),
    access: readAccess,
  }),
  getListPrices: action({
    summary: "The prices of one sku in a list.",
    rest: "GET /price-lists/:code/prices/:sku",
    params: Exact({ code: Code, sku: Sku }),
    returns: Type.Object({ prices: Type.Array(Entry, { maxItems: pricingLimits.LIST_PRICES_PER_SKU }) }),
    access: readAccess,
  }),
  deleteListPrices: action({
    summary: "Removes prices of a sku from a list: all of them, or only that of a quantity or of a warehouse.",
    rest: "DELETE /price-lists/:code/prices/:sku",
    status: 204,
    params: Exact({
      code: Code,
      sku: Sku,
      minQuantity: Type.Optional(MinQuantity),
      warehouseId: Type.Optional(WarehouseId),
    }),
    returns: Empty,
    access: writeAccess,
  }),
  getList: action({
    summary: "One price list, without its prices.",
    rest: "GET /price-lists/:code",
    params: Exact({ code: Code }),
    returns: List,
    access: readAccess,
  }),
  setList: action({
    summary: "Sets for whom, where and when a price list holds.",
    description: "What is not given does not matter any more. The currency stays: its prices are in it.",
    rest: "PUT /price-lists/:code",
    example: EXAMPLE,
    params: Exact({ code: Code, currency: Type.Optional(Currency), ...terms }),
    returns: List,
    access: writeAccess,
    retryable: true,
  }),
  deleteList: action({
    summary: "Deletes a price list with its prices. Their history stays.",
    rest: "DELETE /price-lists/:code",
    status: 204,
    params: Exact({ code: Code }),
    returns: Empty,
    access: writeAccess,
  }),
};

import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { Country } from "#lib/contract/address.ts";
import { Exact, Timestamp } from "#lib/contract/contract.ts";
import { Id, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { FormedText } from "#lib/contract/text.ts";
import { GroupCode } from "#services/identity/customers/contract.ts";

// The schemas that several actions of the contract share.

export const Code = FormedText("1 to 40 letters, digits, hyphens or underscores", "^[A-Za-z0-9_-]{1,40}$", {
  description: "The name of the list",
  examples: ["WHOLESALE"],
});
export const Group = Type.With(GroupCode, { description: "Only for customers of this group" });
export const Region = Type.With(Country, { description: "Where the goods go: ISO 3166-1 alpha-2 code of a country" });
export const WarehouseId = Type.With(Id("warehouse"), { description: "Only for what is sent from this warehouse" });
export const Pieces = Type.Integer({ minimum: 1, maximum: limits.LINE_QUANTITY, examples: [1] });
export const MinQuantity = Type.With(Pieces, { description: "For so many pieces or more", examples: [1] });
export const Priority = Type.Integer({
  minimum: -1_000_000,
  maximum: 1_000_000,
  description: "Of two lists the one with the higher number comes first",
  examples: [10],
});
export const Source = Type.String({
  description:
    "Where the price comes from: `base`, `list:` and the code of a price list, or `converted:` and the currency that it was converted from",
  examples: ["base"],
});

export const Minor = Type.Integer({ minimum: 0, description: "Integer minor units", examples: [1450] });

/** A price without lists. */
export const Price = NamedObject("Price", { sku: Sku, currency: Currency, amount: Amount, validFrom: Timestamp });

export const Item = Exact({ sku: Sku, quantity: Pieces });

/** What the price of a purchase depends on besides skus and currency. */
export const PriceContext = Exact({
  customerId: Type.Optional(Type.With(Id("customer"), { description: "Whose groups count" })),
  region: Type.Optional(Region),
  warehouseId: Type.Optional(WarehouseId),
  quantities: Type.Optional(
    Type.Record(Type.String(), Type.Integer({ minimum: 1 }), { description: "Pieces, by sku; 1 of others" }),
  ),
});

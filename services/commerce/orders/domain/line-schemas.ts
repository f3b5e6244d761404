import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { Id, Sku } from "#lib/contract/ids.ts";
import { Amount } from "#lib/contract/money.ts";
import { NamedExact, NamedObject } from "#lib/contract/named.ts";
import { LineTaxView } from "#services/product/pricing/contract.ts";

// The schemas of what is bought: lines, and the parts that they make of an order.

export const Quantity = Type.Integer({ minimum: 1, maximum: limits.LINE_QUANTITY, examples: [1] });

/** Whose offer something is. */
export const SellerId = Type.With(Id("seller"), { description: "The seller; absent: it is the shop's own" });

export const Line = NamedExact("OrderLine", {
  productId: Id("product"),
  sku: Sku,
  sellerId: Type.Optional(SellerId),
  title: Type.String({ maxLength: 200, examples: ["Enamel Mug"] }),
  quantity: Quantity,
  price: Amount,
});
export const Lines = Type.Array(Line, { minItems: 1, maxItems: limits.ORDER_LINES });

export const Items = Type.Array(
  NamedObject("OrderItem", {
    ...Line.properties,
    discount: Type.Optional(Type.With(Amount, { description: "What promotions take off all pieces" })),
    tax: Type.Optional(Type.Array(LineTaxView)),
  }),
);

/** What one seller sells of an order, or the shop itself. */
export const Part = {
  items: Items,
  subtotal: Type.With(Amount, { description: "The sum of the items before discounts and added taxes" }),
};
export const Parts = Type.Array(
  NamedObject("OrderPart", {
    sellerId: Type.Union([Id("seller"), Type.Null()], { description: "Null: the shop itself" }),
    ...Part,
  }),
);

import { Type } from "typebox";
import { customer } from "#lib/contract/access.ts";
import { action, contract, Exact } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { orders } from "#services/commerce/orders/contract.ts";

const { shippingAddress, paymentMethodId } = orders.actions.place.params.properties;

export const checkout = contract("checkout", {
  summary: "Turns a cart into an order, once.",
  actions: {
    create: action({
      summary: "Orders what is in the cart, at the prices shown in it; the same cart again is the same order",
      rest: "POST /checkout",
      status: 201,
      params: Exact({
        cartId: Id("cart"),
        shippingAddress,
        paymentMethodId,
        shippingMethod: Type.Optional(Type.String({ minLength: 1, maxLength: 50, examples: ["standard"] })),
      }),
      returns: orders.actions.place.returns,
      access: customer(),
      errors: ["CART_CHECKED_OUT", "CART_EMPTY", "OUT_OF_STOCK", "PRICE_CHANGED", "UNKNOWN_PRODUCT", "NOT_FOUND"],
      idempotent: true,
      waits: { action: "orders.awaitSettled", param: "orderId" },
    }),
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    checkout: typeof checkout;
  }
}

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
      summary: "Orders the contents of a cart at the prices shown in it.",
      description:
        "A cart becomes one order, however often it is checked out: later requests are answered with the order of the first one. Prices and stock are checked as in `POST /orders`; each entry of `prices` names the item of the cart as well, and `current` is null for a product that has no price any more.",
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
      errors: ["CART_EMPTY", "CONFLICT", "NOT_FOUND", "OUT_OF_STOCK", "PRICE_CHANGED"],
      idempotent: true,
      waits: { action: "orders.awaitSettled", param: "orderId" },
    }),
  },
  personalData: {
    // Attempts are deleted when their carts have expired.
    checkout_attempt: { columns: ["customer_id", "items", "answer"], subject: "customer_id" },
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    checkout: typeof checkout;
  }
}

import { Type } from "typebox";
import { customer } from "../../../mixins/access.ts";
import { action, contract, Exact } from "../../../mixins/contracts.ts";
import { Id } from "../../../mixins/ids.ts";
import { orders } from "../orders/contract.ts";

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
      idempotent: true,
      waits: { action: "orders.awaitSettled", param: "orderId" },
    }),
  },
});

declare module "../../../mixins/contracts.ts" {
  interface Contracts {
    checkout: typeof checkout;
  }
}

import { Type } from "typebox";
import { customer } from "../../../mixins/access.ts";
import { action, contract, Exact, Timestamp } from "../../../mixins/contracts.ts";
import { Id } from "../../../mixins/ids.ts";
import { Amount, Currency } from "../../../mixins/money.ts";

const Line = Type.String({ minLength: 1, maxLength: 200 });
const ShippingAddress = Exact({
  street: Line,
  city: Line,
  state: Line,
  zipCode: Type.String({ minLength: 1, maxLength: 20 }),
  country: Type.Optional(Type.String({ minLength: 2, maxLength: 100 })),
});

export const checkout = contract("checkout", {
  summary: "Turns a cart into an order, once.",
  actions: {
    create: action({
      summary:
        "Orders what is in the cart at the prices shown in it. A changed price or missing stock is a 409 that names it; the same cart again is the same order.",
      rest: "POST /checkout",
      status: 201,
      params: Exact({
        cartId: Id("cart"),
        shippingAddress: ShippingAddress,
        paymentMethodId: Type.String({ minLength: 1, maxLength: 255, examples: ["pm_card_visa"] }),
        shippingMethod: Type.Optional(Type.String({ minLength: 1, maxLength: 50, examples: ["standard"] })),
      }),
      returns: Type.Object({
        orderId: Id("order"),
        status: Type.String(),
        totalAmount: Amount,
        currency: Currency,
        createdAt: Timestamp,
        estimatedDelivery: Type.String(),
      }),
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

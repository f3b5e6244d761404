import { anyone } from "#lib/contract/access.ts";
import { action, contract, Exact } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { CartToken } from "#services/commerce/carts/contract.ts";
import { orders } from "#services/commerce/orders/contract.ts";

const { shippingAddress, billingAddress, shippingMethod, paymentMethodId, giftCards, storeCredit, taxId, email } =
  orders.actions.place.params.properties;

export const checkout = contract("checkout", {
  summary: "Turns a cart into an order, once.",
  actions: {
    create: action({
      summary: "Orders the contents of a cart at the prices shown in it.",
      description:
        "For a customer's own cart, or a guest's with its `X-Cart-Token` and the guest's `email`. A cart becomes one order, however often it is checked out: a later request with the same contents, address and methods is answered with that order as it is now, and any other one with `CART_CHECKED_OUT` and its `orderId`. When the order was cancelled, for example because the card was declined, the cart can be changed and checked out again, which gives a new order. While a checkout runs, changes of the cart are refused. Prices and stock are checked as in `POST /orders`; each entry of `prices` names the item of the cart as well, and `current` is null for a product that has no price any more. When only the discounts are lower than they were shown, `discount` has both. Prices may depend on the country that is delivered to: after `PRICE_CHANGED` the cart has those of the shipping address.",
      rest: "POST /checkout",
      status: 201,
      params: Exact({
        cartId: Id("cart"),
        shippingAddress,
        billingAddress,
        paymentMethodId,
        giftCards,
        storeCredit,
        taxId,
        shippingMethod,
        email,
      }),
      headers: CartToken,
      returns: orders.actions.place.returns,
      access: anyone(),
      errors: [
        "CART_CHECKED_OUT",
        "CART_EMPTY",
        "CONFLICT",
        "COUPON_INVALID",
        "FORBIDDEN",
        "GIFT_CARD_INVALID",
        "NOT_FOUND",
        "OUT_OF_STOCK",
        "PRICE_CHANGED",
        "RATE_LIMITED",
        "UNAUTHENTICATED",
      ],
      idempotent: { keeper: "orders.answerTo" },
      waits: { action: "orders.awaitSettled", param: "orderId" },
    }),
  },
  personalData: {
    // Attempts are deleted when their carts have expired.
    checkout_attempt: { columns: ["customer_id", "items"], subject: "customer_id" },
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    checkout: typeof checkout;
  }
}

import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { anyone, customer, internal } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds, Id, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";

export const cartIds = defineIds({ cart: "cart", cartItem: "ci" });

const CartId = Id("cart");
const Quantity = Type.Integer({ minimum: 1, maximum: limits.LINE_QUANTITY });
const Sum = Type.Number({ minimum: 0, description: "Amount in major units" });

const CartView = Type.Object({
  cartId: CartId,
  currency: Currency,
  items: Type.Array(
    Type.Object({
      itemId: Id("cartItem"),
      productId: Id("product"),
      sku: Sku,
      title: Type.String(),
      quantity: Type.Integer(),
      price: Amount,
      lineTotal: Sum,
    }),
  ),
  totals: Type.Object({ subtotal: Sum, total: Sum }),
  orderId: Type.Optional(Type.String({ description: "The order it became" })),
});

const SoldItem = Type.Object({
  itemId: Id("cartItem"),
  productId: Id("product"),
  sku: Sku,
  title: Type.String(),
  quantity: Type.Integer(),
  priceMinor: Type.Integer({ description: "What the customer was shown" }),
});

/** A guest proves with it that a cart is theirs. */
const CartToken = { cartToken: { name: "X-Cart-Token", description: "The `cartToken` of a guest's cart" } };

export const cartErrors = defineErrors({
  CART_EMPTY: { status: 409, title: "The cart is empty" },
  CART_CHECKED_OUT: { status: 409, title: "The cart was checked out already" },
});

export const carts = contract("carts", {
  summary: "What shoppers mean to buy: volatile, for customers and guests.",
  actions: {
    create: action({
      summary: "Opens a cart. A guest gets a `cartToken` with it, to be sent back as `X-Cart-Token`.",
      rest: "POST /carts",
      status: 201,
      params: Exact({ currency: Type.Optional(Currency) }),
      returns: Type.Object({ ...CartView.properties, cartToken: Type.Optional(Type.String()) }),
      access: anyone(),
      idempotent: true,
    }),
    get: action({
      summary: "Reads a cart at today's prices.",
      rest: "GET /carts/:cartId",
      params: Exact({ cartId: CartId }),
      headers: CartToken,
      returns: CartView,
      access: anyone(),
    }),
    addItem: action({
      summary: "Adds pieces of a product; of one that is in the cart already, more of them.",
      rest: "POST /carts/:cartId/items",
      status: 201,
      params: Exact({ cartId: CartId, productId: Id("product"), sku: Type.Optional(Sku), quantity: Quantity }),
      headers: CartToken,
      returns: CartView,
      access: anyone(),
      errors: ["AMOUNT_TOO_HIGH", "CART_CHECKED_OUT", "CONFLICT", "LIMIT_REACHED", "UNKNOWN_PRODUCT"],
      idempotent: true,
    }),
    changeItem: action({
      summary: "Changes the quantity of an item.",
      rest: "PATCH /carts/:cartId/items/:itemId",
      params: Exact({ cartId: CartId, itemId: Id("cartItem"), quantity: Quantity }),
      headers: CartToken,
      returns: CartView,
      access: anyone(),
      errors: ["AMOUNT_TOO_HIGH", "CART_CHECKED_OUT", "CONFLICT"],
      retryable: true,
    }),
    removeItem: action({
      summary: "Takes an item out; one that is not there is out already.",
      rest: "DELETE /carts/:cartId/items/:itemId",
      params: Exact({ cartId: CartId, itemId: Id("cartItem") }),
      headers: CartToken,
      returns: CartView,
      access: anyone(),
      errors: ["CART_CHECKED_OUT", "CONFLICT"],
      retryable: true,
    }),
    addCoupon: action({
      summary: "Applies a coupon.",
      rest: "POST /carts/:cartId/coupons",
      params: Exact({ cartId: CartId, code: Type.String({ minLength: 1, maxLength: 64 }) }),
      headers: CartToken,
      returns: CartView,
      access: anyone(),
      errors: ["CART_CHECKED_OUT", "COUPON_INVALID"],
    }),
    merge: action({
      summary:
        "After login: puts the guest's cart, proved by its token, into the customer's own, and answers that one.",
      rest: "POST /carts/:cartId/merge",
      params: Exact({ cartId: CartId }),
      headers: CartToken,
      returns: CartView,
      access: customer(),
      errors: ["AMOUNT_TOO_HIGH", "CART_CHECKED_OUT", "CONFLICT", "LIMIT_REACHED"],
      retryable: true,
    }),
    forCheckout: action({
      summary: "The calling customer's own cart as it was shown; `orderId` when it was checked out before.",
      params: Exact({ cartId: CartId }),
      returns: Type.Object({
        cartId: CartId,
        currency: Currency,
        items: Type.Array(SoldItem),
        orderId: Type.Union([Type.String(), Type.Null()]),
      }),
      access: internal(),
      retryable: true,
    }),
    close: action({
      summary: "Remembers the order that the calling customer's cart became. The first one stays.",
      params: Exact({ cartId: CartId, orderId: Id("order") }),
      returns: Empty,
      access: internal(),
      errors: ["CONFLICT"],
      retryable: true,
    }),
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    carts: typeof carts;
  }
}

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    carts: typeof cartErrors;
  }
}

export { cartLimits } from "./domain/limits.ts";

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    carts: typeof cartIds;
  }
}

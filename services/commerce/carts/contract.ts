import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { anyone, customer, internal } from "#lib/contract/access.ts";
import { Country } from "#lib/contract/address.ts";
import { action, contract, Empty, Exact } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds, Id, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { TaxLineView } from "#services/product/pricing/contract.ts";
import { CouponCode, Discount, promotionLimits, promotions, Unused } from "#services/product/promotions/contract.ts";
import { cartLimits } from "./domain/limits.ts";

export const cartIds = defineIds({ cart: "cart", cartItem: "ci" });

const CartId = Id("cart");
const Quantity = Type.Integer({ minimum: 1, maximum: limits.LINE_QUANTITY, examples: [1] });
const Sum = Type.Number({ minimum: 0, description: "Amount in major units of the currency", examples: [14.5] });
const Region = Type.With(Country, {
  description: "Country whose prices the cart has, where price lists make them differ; the shop's own unless given",
});
const SellerId = Type.With(Id("seller"), { description: "Whose offer it is; absent: it is the shop's own" });
const Title = Type.String({ examples: ["Enamel Mug"] });

const CartItem = NamedObject("CartItem", {
  itemId: Id("cartItem"),
  productId: Id("product"),
  sku: Sku,
  sellerId: Type.Optional(SellerId),
  title: Title,
  quantity: Quantity,
  price: Amount,
  lineTotal: Type.With(Sum, { description: "Before discounts" }),
  discount: Type.Optional(Type.With(Sum, { description: "What promotions take off all pieces" })),
});
const Coupons = Type.Array(CouponCode, { maxItems: promotionLimits.COUPONS_PER_CART });
const CartDiscount = NamedObject("CartDiscount", {
  promotionId: Discount.properties.promotionId,
  name: Discount.properties.name,
  code: Discount.properties.code,
  amount: Sum,
});
const { freeShipping, gifts } = promotions.actions.discounts.returns.properties;
const Token = Type.String({
  description: "For a guest: proves that the cart is theirs",
  examples: ["fQ0tT5sC1mJx8zq3vVw2bA"],
});
const CartView = NamedObject("Cart", {
  cartId: CartId,
  currency: Currency,
  region: Type.Optional(Region),
  items: Type.Array(CartItem),
  coupons: Type.Optional(Type.With(Coupons, { description: "Those that were added, also if they give nothing now" })),
  discounts: Type.Optional(Type.Array(CartDiscount, { description: "What promotions take off the items" })),
  freeShipping,
  gifts: Type.Optional(gifts),
  unusedPromotions: Type.Optional(
    Type.Array(Unused, { description: "Which coupons and promotions give nothing, and why" }),
  ),
  totals: Type.Object({
    subtotal: Type.With(Sum, { description: "Before discounts" }),
    discount: Type.Optional(Type.With(Sum, { description: "All discounts" })),
    tax: Type.Optional(Type.With(Sum, { description: "Where the shop taxes: all taxes in the total" })),
    taxLines: Type.Optional(Type.Array(TaxLineView)),
    total: Sum,
  }),
  orderId: Type.Optional(
    Type.With(Id("order"), {
      description:
        "The order that the cart has become; absent when that was cancelled, and while orders are not available",
    }),
  ),
});

const NewCart = NamedObject("NewCart", { ...CartView.properties, cartToken: Type.Optional(Token) });

const Attempt = Type.Integer({ minimum: 1, description: "The number of the checkout, as in the source of its order" });

const SoldItem = Type.Object({
  itemId: Id("cartItem"),
  productId: Id("product"),
  sku: Sku,
  sellerId: Type.Optional(SellerId),
  title: Type.String(),
  quantity: Type.Integer(),
  priceMinor: Type.Integer({ description: "The price of one piece that the customer was shown, in minor units" }),
});

const Contents = {
  currency: Currency,
  items: Type.Array(SoldItem, { maxItems: cartLimits.CART_LINES }),
  coupons: Type.Optional(Coupons),
  discounts: Type.Optional(Type.Array(Discount, { description: "As the customer was shown them" })),
};

/** A guest proves with it that a cart is theirs. */
export const CartToken = { cartToken: { name: "X-Cart-Token", description: "The `cartToken` of a guest's cart" } };

export const cartErrors = defineErrors({
  CART_TOTAL_TOO_HIGH: { status: 422, title: "The cart costs more than an order may" },
  CART_EMPTY: { status: 409, title: "The cart is empty" },
  CART_CHECKED_OUT: { status: 409, title: "The cart was checked out already" },
  CHECKOUT_IN_PROGRESS: { status: 409, title: "The cart is being checked out" },
});

export const carts = contract("carts", {
  summary:
    "Shopping carts of customers and guests. A cart can be changed until it is bought: when its order is cancelled, it is open again. It expires when it is not changed for a month.",
  actions: {
    create: action({
      summary: "Creates a cart.",
      description:
        "The answer to a guest has a `cartToken`, which later requests for this cart send as `X-Cart-Token`.",
      rest: "POST /carts",
      status: 201,
      params: Exact({ currency: Type.Optional(Currency), region: Type.Optional(Region) }),
      returns: NewCart,
      access: anyone(),
      idempotent: true,
    }),
    get: action({
      summary: "Reads a cart at today's prices.",
      description:
        "The prices in the answer are stored in the cart: checkout compares them with the prices of its own time. They are those of its customer, its region and its quantities. While prices are not available the cart keeps its last ones. Taxes are those of the place that is named here, of the one that was named last, or of the cart's region; those of the order are the taxes of its shipping address. Discounts of promotions and coupons are stored like prices. While promotions are not available, the cart is shown without them.",
      rest: "GET /carts/:cartId",
      params: Exact({
        cartId: CartId,
        country: Type.Optional(Type.With(Country, { examples: undefined })),
        state: Type.Optional(Type.String({ maxLength: 100 })),
        zipCode: Type.Optional(Type.String({ maxLength: 20 })),
      }),
      headers: CartToken,
      returns: CartView,
      access: anyone(),
      errors: ["CONFLICT"],
    }),
    addItem: action({
      summary: "Adds pieces of a product.",
      description:
        "If the product is in the cart already, the quantities are added and the item keeps its id. With `sellerId` it is the offer of that seller, which is an item of its own.",
      rest: "POST /carts/:cartId/items",
      status: 201,
      params: Exact({
        cartId: CartId,
        productId: Id("product"),
        sku: Type.Optional(Sku),
        quantity: Quantity,
        sellerId: Type.Optional(SellerId),
      }),
      headers: CartToken,
      returns: CartView,
      access: anyone(),
      errors: [
        "CART_CHECKED_OUT",
        "CART_TOTAL_TOO_HIGH",
        "CHECKOUT_IN_PROGRESS",
        "CONFLICT",
        "LIMIT_REACHED",
        "UNKNOWN_PRODUCT",
      ],
      idempotent: true,
    }),
    changeItem: action({
      summary: "Changes the quantity of an item.",
      rest: "PATCH /carts/:cartId/items/:itemId",
      params: Exact({ cartId: CartId, itemId: Id("cartItem"), quantity: Quantity }),
      headers: CartToken,
      returns: CartView,
      access: anyone(),
      errors: ["CART_CHECKED_OUT", "CART_TOTAL_TOO_HIGH", "CHECKOUT_IN_PROGRESS", "CONFLICT"],
      retryable: true,
    }),
    removeItem: action({
      summary: "Removes an item.",
      description: "The answer is the same if the item was removed before.",
      rest: "DELETE /carts/:cartId/items/:itemId",
      params: Exact({ cartId: CartId, itemId: Id("cartItem") }),
      headers: CartToken,
      returns: CartView,
      access: anyone(),
      errors: ["CART_CHECKED_OUT", "CHECKOUT_IN_PROGRESS", "CONFLICT"],
      retryable: true,
    }),
    addCoupon: action({
      summary: "Adds a coupon.",
      description:
        "A code that the cart does not fulfil the conditions of yet is kept, and `unusedPromotions` says why it gives nothing. Of a code that cannot be used any more, `reason` of the error says why.",
      rest: "POST /carts/:cartId/coupons",
      params: Exact({ cartId: CartId, code: CouponCode }),
      headers: CartToken,
      returns: CartView,
      access: anyone(),
      errors: ["CART_CHECKED_OUT", "CHECKOUT_IN_PROGRESS", "CONFLICT", "COUPON_INVALID", "LIMIT_REACHED"],
      retryable: true,
    }),
    removeCoupon: action({
      summary: "Removes a coupon.",
      description: "The answer is the same if the coupon was removed before.",
      rest: "DELETE /carts/:cartId/coupons/:code",
      params: Exact({ cartId: CartId, code: CouponCode }),
      headers: CartToken,
      returns: CartView,
      access: anyone(),
      errors: ["CART_CHECKED_OUT", "CHECKOUT_IN_PROGRESS", "CONFLICT"],
      retryable: true,
    }),
    merge: action({
      summary: "Merges a guest's cart into the customer's own cart, after login.",
      description:
        "The request needs the guest's `cartToken`. The answer is the customer's cart; the guest's cart is empty afterwards. Items without a price in the currency of the customer's cart are dropped.",
      rest: "POST /carts/:cartId/merge",
      params: Exact({ cartId: CartId }),
      headers: CartToken,
      returns: CartView,
      access: customer(),
      errors: ["CART_CHECKED_OUT", "CART_TOTAL_TOO_HIGH", "CHECKOUT_IN_PROGRESS", "CONFLICT", "LIMIT_REACHED"],
      retryable: true,
    }),
    freeze: action({
      summary:
        "Takes the contents of the caller's cart for a checkout, at the prices that were shown, and freezes them.",
      description:
        "A frozen cart refuses every change until its checkout has ended without a purchase. An empty cart is not frozen. Without `attempt`, a frozen cart stays as it is, and an open one is frozen for its next checkout; it is not frozen when that has no known number.",
      params: Exact({
        cartId: CartId,
        attempt: Type.Optional(Attempt),
        lost: Type.Optional(
          Exact(
            { ...Contents },
            { description: "The contents that this checkout had, for a cart that the store has lost" },
          ),
        ),
      }),
      returns: Type.Object({
        cartId: CartId,
        attempt: Type.Union([Attempt, Type.Null()], {
          description: "Null: earlier checkouts of the cart are not known, because the store did not have it once",
        }),
        resumed: Type.Boolean({ description: "It was frozen for this checkout before" }),
        durable: Type.Boolean({ description: "The store does not lose it" }),
        ...Contents,
      }),
      access: internal(),
      errors: ["CONFLICT"],
      retryable: true,
    }),
    reopen: action({
      summary: "Opens the caller's cart after a checkout that was refused, unless there is an order all the same.",
      description: "With `region` it has the prices of that country from now on, because its goods go there.",
      params: Exact({ cartId: CartId, attempt: Attempt, region: Type.Optional(Region) }),
      returns: Empty,
      access: internal(),
      errors: ["CONFLICT"],
      retryable: true,
    }),
  },
  personalData: {
    cart_secret: "none",
    // Carts by id, and the id of each customer's current cart. The key contains the customer's id or a tag of it.
    keyvalue: { columns: ["key", "value"], subject: "key" },
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
export { guestOfCart, sourceOfCart } from "./domain/sources.ts";

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    carts: typeof cartIds;
  }
}

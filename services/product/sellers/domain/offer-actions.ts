import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { anyone, customer, internal, ownerOr } from "#lib/contract/access.ts";
import { action, Empty, Exact, Page, Pagination } from "#lib/contract/contract.ts";
import { Id, Sku } from "#lib/contract/ids.ts";
import { Currency } from "#lib/contract/money.ts";
import { HandlingDays, Minor, OfferKey, OfferTerms, OwnOffer, Pieces, SellerId, ShownOffer } from "./schemas.ts";

// The part of the contract that is about offers: what sellers put up, what shoppers see, and what orders sell.

const Quantity = Type.Integer({ minimum: 1, maximum: limits.LINE_QUANTITY });
const OfferPieces = Type.Array(Exact({ ...OfferKey, quantity: Quantity }), {
  minItems: 1,
  maxItems: limits.ORDER_LINES,
});

export const offerActions = {
  setOffer: action({
    summary: "Offers a variant at a price, or changes the offer.",
    description: "The variant is one of the shop's catalogue. Only an approved seller can offer.",
    rest: "PUT /sellers/:sellerId/offers/:sku",
    params: Exact({ ...OfferKey, ...OfferTerms }),
    returns: OwnOffer,
    access: ownerOr("sellers:write"),
    errors: ["SELLER_NOT_APPROVED", "UNKNOWN_PRODUCT", "LIMIT_REACHED"],
    retryable: true,
  }),
  endOffer: action({
    summary: "Takes an offer out of the shop. Orders that have it keep it.",
    rest: "DELETE /sellers/:sellerId/offers/:sku",
    status: 204,
    params: Exact(OfferKey),
    returns: Empty,
    access: ownerOr("sellers:write"),
  }),
  offers: action({
    summary: "Lists the offers of a seller, by sku.",
    rest: "GET /sellers/:sellerId/offers",
    params: Exact({ ...SellerId, ...Page }),
    returns: Type.Object({ offers: Type.Array(OwnOffer, { maxItems: limits.PAGE_SIZE }), pagination: Pagination }),
    access: ownerOr("sellers:read"),
  }),
  productOffers: action({
    summary: "What a product can be bought for: the shop's own price, and the offers of sellers.",
    description:
      "Only what can be bought now, of each variant the one first that is to be shown: by price, days of handling and the rating of the seller.",
    rest: "GET /products/:productId/offers",
    params: Exact({ productId: Id("product"), currency: Type.Optional(Currency) }),
    returns: Type.Object({
      productId: Id("product"),
      skus: Type.Array(Sku, { description: "The variants, also those without an offer" }),
      offers: Type.Array(ShownOffer),
    }),
    access: anyone({ badToken: "ignored" }),
    cached: { skus: ({ skus }) => skus },
    retryable: true,
  }),
  rate: action({
    summary: "Says whether a customer was content with a seller. Sent again, it replaces what was said.",
    description: "`orderId` is a paid order of the customer with goods of the seller.",
    rest: "POST /sellers/:sellerId/ratings",
    params: Exact({ ...SellerId, orderId: Id("order"), positive: Type.Boolean({ examples: [true] }) }),
    returns: Type.Object({ ...SellerId, orderId: Id("order"), positive: Type.Boolean() }),
    access: customer(),
    idempotent: true,
  }),

  offersOf: action({
    summary: "The offers of some lines that hold now in a currency; those that do not are left out.",
    description:
      "An offer holds while its seller is approved, whatever is left of it. `available` is 0 when nothing is left. Amounts are in minor units.",
    params: Exact({
      items: Type.Array(Exact(OfferKey), { maxItems: limits.ORDER_LINES }),
      currency: Currency,
    }),
    returns: Type.Object({
      offers: Type.Array(
        Type.Object({
          ...OfferKey,
          sellerName: Type.String(),
          priceMinor: Minor,
          handlingDays: HandlingDays,
          available: Pieces,
        }),
      ),
    }),
    access: internal(),
    retryable: true,
  }),
  reserve: action({
    summary: "Takes the pieces of an order from offers: all or none, once for each order.",
    description:
      "Empty `refused`: all are reserved, by this call or an earlier one. Several lines of one offer count together. The reservation ends after PIECES_HOLD_MS unless its order exists then. `CONFLICT`: the pieces of this order were given back already.",
    params: Exact({ orderId: Id("order"), items: OfferPieces }),
    returns: Type.Object({
      refused: Type.Array(Type.Object({ ...OfferKey, requested: Type.Integer(), available: Pieces }), {
        description: "`available` is 0 also for an offer that does not exist, and of a seller who may not sell",
      }),
    }),
    access: internal(),
    errors: ["CONFLICT"],
    retryable: true,
  }),
  giveBack: action({
    summary: "Gives the pieces of an order back that was not stored, without waiting for the end of the reservation.",
    params: Exact({ orderId: Id("order") }),
    returns: Empty,
    access: internal(),
    retryable: true,
  }),
};

import { Type } from "typebox";
import { anyone, customer, ownerOr, staff } from "#lib/contract/access.ts";
import { action, Empty, Exact, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { Id, Sku } from "#lib/contract/ids.ts";
import { Moment } from "#lib/contract/moment.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { DEAL_STATUSES } from "./deal.ts";
import { dealLimits } from "./limits.ts";

// The part of the contract that is about lightning deals.

const DealId = { dealId: Id("deal") };
const ClaimId = { claimId: Id("dealClaim") };
const FROM = "`dealId` comes from `GET /deals`.";
const FROM_CLAIM = "`claimId` comes from `POST /deals/{dealId}/claims`.";

const Price = Type.With(Amount, { description: "Of one piece with a claim", examples: [9.5] });
const Slots = Type.Integer({
  minimum: 1,
  maximum: dealLimits.DEAL_SLOTS,
  description: "Pieces that are sold at this price; the stock must have them as well",
  examples: [100],
});
const PerCustomer = Type.Integer({
  minimum: 1,
  maximum: dealLimits.DEAL_CLAIMS_PER_CUSTOMER,
  description: "Pieces that one customer may have",
  examples: [1],
});

const Deal = NamedObject("Deal", {
  ...DealId,
  sku: Sku,
  price: Price,
  currency: Currency,
  slots: Slots,
  perCustomer: PerCustomer,
  claimedPercent: Type.Integer({
    minimum: 0,
    maximum: 100,
    description: "Slots that are claimed or sold; at 100, claims wait for one that somebody gives back",
    examples: [42],
  }),
  startsAt: Timestamp,
  endsAt: Timestamp,
  membersFrom: Type.Optional(Type.With(Timestamp, { description: "When members may begin to claim" })),
  status: Type.Enum([...DEAL_STATUSES], {
    description: "`members`: only customers in the group `members` may claim yet",
    examples: ["running"],
    "x-name": "DealStatus",
  }),
});

const Claim = NamedObject("DealClaim", {
  ...ClaimId,
  status: Type.Enum(["granted", "queued", "ordered", "sold", "ended"], {
    description:
      "`granted`: one piece costs you the deal's price until `expiresAt`; `queued`: you get the next slots that become free in your turn; `ordered`: it belongs to an order, which is paid when it is `sold`",
    examples: ["granted"],
    "x-name": "DealClaimStatus",
  }),
  position: Type.Optional(
    Type.Integer({ minimum: 1, description: "In the queue: 1 gets the next free slot", examples: undefined }),
  ),
  expiresAt: Type.Optional(Timestamp),
  orderId: Type.Optional(Id("order")),
});

const read = anyone({ badToken: "ignored" });

export const dealActions = {
  createDeal: action({
    summary: "Adds a lightning deal: a number of pieces at a low price, in a short time",
    description:
      "It starts and ends by itself, to the second. From `membersFrom` on, customers in the group `members` may claim; from `startsAt` on everybody may.",
    rest: "POST /deals",
    status: 201,
    params: Exact({
      sku: Sku,
      price: Price,
      currency: Currency,
      slots: Slots,
      perCustomer: Type.Optional(Type.With(PerCustomer, { default: 1 })),
      startsAt: Type.With(Moment, { examples: ["2026-01-31T12:00:00.000Z"] }),
      endsAt: Type.With(Moment, { description: "In the future", examples: ["2099-01-31T14:00:00.000Z"] }),
      membersFrom: Type.Optional(Type.With(Moment, { description: "Before `startsAt`", examples: undefined })),
    }),
    returns: Deal,
    access: staff("promotions:write"),
    errors: ["LIMIT_REACHED", "UNKNOWN_PRODUCT"],
    idempotent: true,
  }),
  deals: action({
    summary: "Lists deals that have not ended, those first that end first.",
    rest: "GET /deals",
    params: Exact({
      ...Page,
      ended: Type.Optional(
        Type.Boolean({ description: "Those instead that have ended, the latest first", examples: [false] }),
      ),
    }),
    returns: Type.Object({ deals: Type.Array(Deal), pagination: Pagination }),
    access: read,
    cached: { skus: ({ deals }) => deals.map(({ sku }) => sku) },
  }),
  deal: action({
    summary: "Reads a deal.",
    description: FROM,
    rest: "GET /deals/:dealId",
    params: Exact(DealId),
    returns: Deal,
    access: read,
    cached: { skus: ({ sku }) => [sku] },
  }),
  endDeal: action({
    summary: "Ends a deal now.",
    description: `${FROM} Claims that no order holds lose their price at once; orders keep it. What has ended stays as it is.`,
    rest: "DELETE /deals/:dealId",
    status: 204,
    params: Exact(DealId),
    returns: Empty,
    access: staff("promotions:write"),
    retryable: true,
  }),
  claimDeal: action({
    summary: "Claims one piece of a deal for the signed-in customer.",
    description: `${FROM} With a slot the claim is \`granted\`: until it expires, one piece of the sku costs the deal's price in the customer's cart and checkout. Otherwise it is \`queued\`: slots that others give back or let expire go to the queue in the order in which the claims arrived.`,
    rest: "POST /deals/:dealId/claims",
    status: 201,
    params: Exact(DealId),
    returns: Claim,
    access: customer(),
    concurrency: 1_000, // most of them wait for the transaction that they share
    errors: ["DEAL_CLAIMED", "DEAL_NOT_OPEN", "DEAL_QUEUE_FULL", "FORBIDDEN"],
    idempotent: true,
  }),
  dealClaim: action({
    summary: "How far a claim of a deal is.",
    description: FROM_CLAIM,
    rest: "GET /deals/:dealId/claims/:claimId",
    params: Exact({ ...DealId, ...ClaimId }),
    returns: Claim,
    access: ownerOr("promotions:read"),
  }),
  giveDealClaimBack: action({
    summary: "Gives a claim back, so that its slot goes to the next in the queue, or leaves the queue.",
    description: `${FROM_CLAIM} Doing it again changes nothing.`,
    rest: "DELETE /deals/:dealId/claims/:claimId",
    status: 204,
    params: Exact({ ...DealId, ...ClaimId }),
    returns: Empty,
    access: ownerOr("promotions:write"),
    errors: ["DEAL_CLAIM_ORDERED"],
    retryable: true,
  }),
};

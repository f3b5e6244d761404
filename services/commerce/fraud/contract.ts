import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { internal, staff } from "#lib/contract/access.ts";
import { Address } from "#lib/contract/address.ts";
import { action, contract, Exact, event, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { Id, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { Personal } from "#lib/contract/personal.ts";
import { Text } from "#lib/contract/text.ts";
import { Email } from "#services/identity/auth/contract.ts";
import { fraudLimits } from "./domain/limits.ts";
import { reviewStatuses } from "./domain/review.ts";

export { fraudLimits } from "./domain/limits.ts";

export const fraudErrors = defineErrors({
  REVIEW_ENDED: { status: 409, title: "The review has ended otherwise" },
});

const OrderId = { orderId: Id("order") };
const OfOrder = { ...OrderId, customerId: Id("customer") };

const Decision = Type.Enum(["accept", "review", "refuse"], {
  description: "`review`: the order waits for somebody of the shop; `refuse`: it is cancelled",
  "x-name": "FraudDecision",
});
const Score = Type.Integer({ minimum: 0, maximum: 100, description: "0: nothing is suspicious", examples: [53] });
const Reason = NamedObject("FraudReason", {
  rule: Type.String({ examples: ["billed-elsewhere"] }),
  points: Type.Integer({ description: "Below 0 when it speaks for the customer", examples: [20] }),
  detail: Personal(Type.String({ examples: ["Billed to DE, sent to US"] })),
});
const Reasons = Type.Array(Reason, { maxItems: fraudLimits.REASONS });
const Assessment = NamedObject("FraudAssessment", { score: Score, decision: Decision, reasons: Reasons });

const ReviewStatus = Type.Enum(reviewStatuses, {
  description: "`closed`: the order was cancelled before anybody had decided",
  "x-name": "FraudReviewStatus",
});
const Review = NamedObject("FraudReview", {
  ...OfOrder,
  status: ReviewStatus,
  score: Score,
  reasons: Reasons,
  totalAmount: Amount,
  currency: Currency,
  openedAt: Timestamp,
  deadlineAt: Type.With(Timestamp, { description: "Then FRAUD_DEADLINE_DECISION decides" }),
  decidedAt: Type.Optional(Timestamp),
  decidedBy: Type.Optional(
    Type.String({ description: "`staff:<id>`, `deadline` or `assessment`", examples: ["deadline"] }),
  ),
});

const Decided = Type.Object({ ...OrderId, status: ReviewStatus });

/** `by`: `staff:<id>`, `deadline`, or `assessment` when the order was placed without one and was assessed later. */
const DecidedEvent = Type.Object({ ...OfOrder, by: Type.String() });

export const fraud = contract("fraud", {
  summary: "How likely an order is to be fraud, and the review of those that may be.",
  actions: {
    assess: action({
      summary: "Scores an order that is about to be placed, and remembers the attempt.",
      description: "A repeated call for the same order counts the attempt once.",
      params: Exact({
        ...OfOrder,
        items: Type.Array(Exact({ sku: Sku, quantity: Type.Integer({ minimum: 1 }) }), {
          maxItems: limits.ORDER_LINES,
        }),
        totalAmount: Amount,
        currency: Currency,
        shippingAddress: Address,
        billingAddress: Type.Optional(Address),
        paymentMethodId: Type.String({ maxLength: 255 }),
        email: Type.Optional(Email),
        address: Type.Optional(Personal(Text(100, { description: "The network address of the customer" }))),
      }),
      returns: Assessment,
      access: internal(),
      timeoutMs: fraudLimits.ASSESS_TIMEOUT_MS,
    }),
    assessmentOf: action({
      summary: "The score of an order, with the reasons.",
      description:
        "`orderId` comes from `POST /orders`. The points of all reasons add up to the score, which is kept within 0 and 100.",
      rest: "GET /fraud/assessments/:orderId",
      params: Exact(OrderId),
      returns: Assessment,
      access: staff("fraud:read"),
    }),
    listReviews: action({
      summary: "Orders that wait for a decision on their risk, the earliest deadline first.",
      description: "With `status` also those that are decided, the newest first.",
      rest: "GET /fraud/reviews",
      params: Exact({ ...Page, status: Type.Optional(ReviewStatus) }),
      returns: Type.Object({ reviews: Type.Array(Review, { maxItems: limits.PAGE_SIZE }), pagination: Pagination }),
      access: staff("fraud:read"),
    }),
    approve: action({
      summary: "Lets an order under review be charged. Repeating it changes nothing.",
      description: "`orderId` comes from `POST /orders`.",
      rest: "POST /fraud/reviews/:orderId/approve",
      params: Exact(OrderId),
      returns: Decided,
      access: staff("fraud:write"),
      errors: ["REVIEW_ENDED"],
      idempotent: true,
    }),
    reject: action({
      summary: "Cancels an order under review. Repeating it changes nothing.",
      description: "`orderId` comes from `POST /orders`.",
      rest: "POST /fraud/reviews/:orderId/reject",
      params: Exact(OrderId),
      returns: Decided,
      access: staff("fraud:write"),
      errors: ["REVIEW_ENDED"],
      idempotent: true,
    }),
  },
  personalData: {
    // Forgotten after ATTEMPT_DAYS. Addresses, methods and network addresses are kept as keyed hashes only.
    attempt: {
      columns: ["customer_id", "method_key", "address_key", "client_key", "declined"],
      subject: "customer_id",
      keptBecause: "Fraud shows in what several orders have in common; an attempt is forgotten after 90 days.",
    },
    assessment: {
      columns: ["customer_id", "reasons"],
      subject: "customer_id",
      keptBecause:
        "A bank may ask for more than a year why an order was accepted; the reasons are forgotten after 400 days.",
    },
    review: {
      columns: ["customer_id", "decided_by"],
      subject: "customer_id",
      keptBecause: "It proves who has decided about an order, and is forgotten with its assessment.",
    },
    customer_record: {
      columns: ["paid_orders", "disputes", "disposable_mail"],
      subject: "customer_id",
      keptBecause: "A customer whose payments were taken back would be trusted again.",
    },
    fraud_secret: "none",
    trust_position: "none",
  },
  events: {
    /** The order may be charged. */
    ReviewApproved: event({ key: "orderId", version: "1.0", data: DecidedEvent }),
    /** The order is not charged, and is to be cancelled. */
    ReviewRejected: event({ key: "orderId", version: "1.0", data: DecidedEvent }),
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    fraud: typeof fraud;
  }
}

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    fraud: typeof fraudErrors;
  }
}

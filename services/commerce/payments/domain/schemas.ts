import { Type } from "typebox";
import { Timestamp } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { Text } from "#lib/contract/text.ts";
import { METHOD_TYPES } from "./method.ts";
import { OPERATION_KINDS } from "./operation.ts";

// The schemas that several actions and events of the contract share.

export const MethodId = Type.String({
  minLength: 1,
  maxLength: 255,
  description:
    "A card's token of the provider, a saved method, `paypal`, `momo`, `vnpay`, `upi:<address>` or `emi:<plan>:<months>:<card token>`",
  examples: ["pm_card_visa"],
});
export const Reason = Type.String({ minLength: 1, maxLength: 500, examples: ["requested_by_customer"] });

export const CustomerAction = NamedObject("CustomerAction", {
  type: Type.String({
    description:
      "`redirect`: send the customer to `url`; `use_stripe_sdk`: give `clientSecret` to Stripe.js; `wait`: the customer accepts in an app",
    examples: ["redirect"],
  }),
  url: Type.String({ maxLength: 4_000, examples: ["https://bank.example/confirm"] }),
  clientSecret: Type.Optional(Type.String({ maxLength: 500 })),
});

const PaymentTender = NamedObject("PaymentTender", {
  type: Type.Union([Type.Literal("giftCard"), Type.Literal("storeCredit")]),
  giftCardId: Type.Optional(Id("giftCard")),
  amount: Amount,
  capturedAmount: Amount,
  refundedAmount: Amount,
});

const Last4 = Type.String({ examples: ["4242"] });

export const PaymentMethod = NamedObject("PaymentMethod", {
  type: Type.Enum(METHOD_TYPES, { examples: ["card"] }),
  last4: Type.Optional(Type.With(Last4, { description: "Of cards, once the provider has named the card" })),
  wallet: Type.Optional(Type.String({ examples: ["paypal"] })),
  bank: Type.Optional(Type.String({ examples: ["vnpay"] })),
  plan: Type.Optional(Type.String({ description: "Of instalments" })),
  months: Type.Optional(Type.Integer({ description: "Of instalments", examples: [6] })),
});

export const Authorization = NamedObject("Authorization", {
  paymentId: Id("payment"),
  status: Type.Union([Type.Literal("authorized"), Type.Literal("captured")], {
    description: "`captured` when the payment was captured since, which the saga of an order does by itself",
  }),
  amount: Amount,
  currency: Currency,
  expiresAt: Timestamp,
});

export const PaymentView = NamedObject("Payment", {
  paymentId: Id("payment"),
  orderId: Id("order"),
  status: Type.Union(
    [
      Type.Literal("authorizing"),
      Type.Literal("requires_action"),
      Type.Literal("authorized"),
      Type.Literal("captured"),
      Type.Literal("refunded"),
      Type.Literal("voided"),
      Type.Literal("failed"),
    ],
    { description: "`captured` as soon as a part is; `refunded` when everything captured was given back" },
  ),
  amount: Amount,
  currency: Currency,
  capturedAmount: Amount,
  refundedAmount: Amount,
  provider: Type.String({ examples: ["test"] }),
  paymentMethod: Type.Union([PaymentMethod, Type.Null()], {
    description: "Null until the provider has named the card, and where gift cards and store credit pay everything",
  }),
  tenders: Type.Optional(
    Type.Array(PaymentTender, {
      description: "What gift cards and store credit pay of `amount`; the method pays the rest",
    }),
  ),
  expiresAt: Type.Optional(Timestamp),
  action: Type.Optional(CustomerAction),
  declineCode: Type.Optional(Type.String({ examples: ["card_declined"] })),
  createdAt: Timestamp,
});

/** A method that a customer has saved. */
export const SavedMethod = NamedObject("SavedPaymentMethod", {
  paymentMethodId: Id("savedMethod"),
  type: Type.Enum(METHOD_TYPES, { examples: ["card"] }),
  provider: Type.String({ examples: ["test"] }),
  brand: Type.String({ examples: ["visa"] }),
  last4: Last4,
  expiresMonth: Type.Integer({ minimum: 1, maximum: 12, examples: [12] }),
  expiresYear: Type.Integer({ examples: [2030] }),
  createdAt: Timestamp,
});

export const OperationId = Type.String({
  minLength: 1,
  maxLength: 64,
  examples: ["op_01h455vb4pex5vsknk084sn02q"],
});

/** An operation with the provider that ran out of tries. */
export const ParkedOperation = NamedObject("ParkedPaymentOperation", {
  operationId: OperationId,
  paymentId: Id("payment"),
  orderId: Id("order"),
  provider: Type.String({ examples: ["test"] }),
  kind: Type.Enum(OPERATION_KINDS, { examples: ["capture"] }),
  amount: Amount,
  currency: Currency,
  attempts: Type.Integer({ examples: [200] }),
  lastError: Type.String({ examples: ["stripe has not answered for 4000 ms."] }),
  parkedAt: Timestamp,
});

export const DisputeView = NamedObject("Dispute", {
  disputeId: Id("dispute"),
  paymentId: Id("payment"),
  orderId: Id("order"),
  provider: Type.String({ examples: ["stripe"] }),
  amount: Amount,
  currency: Currency,
  reason: Type.String({ description: "The provider's word", examples: ["fraudulent"] }),
  status: Type.Union(
    [Type.Literal("needs_response"), Type.Literal("under_review"), Type.Literal("won"), Type.Literal("lost")],
    { description: "`needs_response`: evidence is taken until `evidenceDueBy`" },
  ),
  evidenceDueBy: Type.Optional(Timestamp),
  openedAt: Timestamp,
  closedAt: Type.Optional(Timestamp),
});

export const EvidenceParams = {
  explanation: Text(20_000, { examples: ["The parcel was delivered on 31 January and signed for."] }),
  trackingNumber: Type.Optional(Text(200)),
  customerEmail: Type.Optional(Text(320)),
};

/** What the provider says otherwise than the shop. */
export const DifferenceView = NamedObject("PaymentDifference", {
  provider: Type.String({ examples: ["stripe"] }),
  reference: Type.String({ description: "The provider's id of the charge", examples: ["pi_3Q"] }),
  paymentId: Type.Optional(Id("payment")),
  orderId: Type.Optional(Id("order")),
  wrong: Type.String({ examples: ["no payment knows of this charge"] }),
  foundAt: Timestamp,
  seenAt: Timestamp,
});

export const OfOrder = { paymentId: Id("payment"), orderId: Id("order"), customerId: Id("customer") };
export const Money = { amount: Amount, currency: Currency };

/** A notification of a provider as the gateway gets it. */
export const RawRequest = {
  body: Type.String(),
  query: Type.Record(Type.String(), Type.String()),
  headers: Type.Record(Type.String(), Type.String()),
};

/** What providers sign their notifications with. */
export const NOTIFICATION_HEADERS = {
  "stripe-signature": { name: "Stripe-Signature", description: "Stripe's signature over the body" },
  "paypal-transmission-id": { name: "Paypal-Transmission-Id", description: "PayPal's id of the delivery" },
  "paypal-transmission-time": { name: "Paypal-Transmission-Time", description: "When PayPal sent it" },
  "paypal-transmission-sig": { name: "Paypal-Transmission-Sig", description: "PayPal's signature" },
  "paypal-cert-url": { name: "Paypal-Cert-Url", description: "Where PayPal's certificate is" },
  "test-signature": { name: "Test-Signature", description: "The test provider's: HMAC-SHA256 of the body, key `test`" },
  "paypal-auth-algo": { name: "Paypal-Auth-Algo", description: "The signature's algorithm" },
};

export const Received = Type.Record(Type.String(), Type.Unknown(), {
  description: "What the provider expects as an answer",
  examples: [{ received: true }],
});

import { Type } from "typebox";
import { Timestamp } from "#lib/contract/contract.ts";
import { Id, Sku } from "#lib/contract/ids.ts";
import { Moment } from "#lib/contract/moment.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { Named, NamedExact, NamedObject } from "#lib/contract/named.ts";
import { FormedText, Text } from "#lib/contract/text.ts";
import { GroupCode } from "#services/identity/customers/contract.ts";
import { promotionLimits } from "./limits.ts";

// The schemas of promotions, as staff write and read them.

export const CouponCode = Text(promotionLimits.CODE_CHARS, {
  description: "Compared without regard to case and to spaces around it",
  examples: ["WELCOME10"],
});
export const PromotionName = Text(200, { description: "Customers see it", examples: ["10 % off your mugs"] });

const Percent = Type.Number({
  exclusiveMinimum: 0,
  maximum: 100,
  description: "In percent, with at most two digits after the point",
  examples: [10],
});
const Pieces = Type.Integer({ minimum: 1, maximum: 100_000, examples: [2] });
const CategorySlug = FormedText("the slug of a category", "^[a-z0-9][a-z0-9._-]*$", {
  minLength: 1,
  maxLength: 200,
  examples: ["camp-kitchen"],
});
const Skus = Type.Array(Sku, {
  minItems: 1,
  maxItems: promotionLimits.CONDITION_SKUS,
  examples: [["MUG-ENAMEL"]],
});
const Categories = Type.Array(CategorySlug, {
  minItems: 1,
  maxItems: promotionLimits.CONDITION_CATEGORIES,
  description: "Slugs of the catalogue; those below them count as well",
  examples: [["camp-kitchen"]],
});

/** What must be true for a promotion to hold, and which items it is about. */
const Condition = Named(
  "PromotionCondition",
  Type.Union([
    NamedExact("MinSubtotalCondition", {
      type: Type.Literal("minSubtotal"),
      amount: Type.With(Amount, { description: "What the items cost at least, before discounts" }),
    }),
    NamedExact("SkusCondition", { type: Type.Literal("skus"), skus: Skus }),
    NamedExact("CategoriesCondition", { type: Type.Literal("categories"), categories: Categories }),
    NamedExact("CustomerGroupCondition", { type: Type.Literal("customerGroup"), group: GroupCode }),
    NamedExact("FirstOrderCondition", { type: Type.Literal("firstOrder") }),
    NamedExact("MinQuantityCondition", { type: Type.Literal("minQuantity"), quantity: Pieces }),
  ]),
);

const itemChoice = { skus: Type.Optional(Skus), categories: Type.Optional(Categories) };

const Effect = Named(
  "PromotionEffect",
  Type.Union([
    NamedExact("PercentOff", {
      type: Type.Literal("percentOff"),
      percent: Percent,
      appliesTo: Type.Enum(["order", "items"], {
        description:
          "`items`: those that the conditions `skus` and `categories` name, or all; `order`: all of the purchase",
      }),
    }),
    NamedExact("AmountOff", { type: Type.Literal("amountOff"), amount: Amount, currency: Type.Optional(Currency) }),
    NamedExact("BuyXGetY", {
      type: Type.Literal("buyXGetY"),
      buy: NamedExact("ItemsToBuy", { quantity: Pieces, ...itemChoice }),
      get: NamedExact("ItemsToGet", {
        quantity: Pieces,
        ...itemChoice,
        percentOff: Type.Optional(Type.With(Percent, { description: "100 unless given", examples: [100] })),
      }),
      maxTimes: Type.Optional(Type.With(Pieces, { description: "In one purchase; absent: as often as it can" })),
    }),
    NamedExact("Tiered", {
      type: Type.Literal("tiered"),
      tiers: Type.Array(
        NamedExact("Tier", {
          minSubtotal: Type.Optional(Amount),
          minQuantity: Type.Optional(Pieces),
          percent: Percent,
        }),
        {
          minItems: 1,
          maxItems: promotionLimits.TIERS,
          description: "The one that gives most of those reached counts",
        },
      ),
    }),
    NamedExact("BundlePrice", {
      type: Type.Literal("bundle"),
      skus: Type.Array(Sku, {
        minItems: 2,
        maxItems: promotionLimits.BUNDLE_SKUS,
        description: "A piece of each; a sku that is named twice is two pieces",
      }),
      price: Type.With(Amount, { description: "Of all of them together" }),
    }),
    NamedExact("FreeShipping", { type: Type.Literal("freeShipping") }),
    NamedExact("Gift", {
      type: Type.Literal("gift"),
      sku: Type.With(Sku, { description: "One piece of it is free when it is in the purchase" }),
    }),
  ]),
);

const Stacking = Type.Enum(["exclusive", "stackable"], {
  description:
    "An exclusive promotion holds alone. A buyer gets the best exclusive one or all stackable ones, whichever is more.",
  examples: ["stackable"],
});

/** A promotion in a request. */
export const PromotionToSet = {
  name: PromotionName,
  coupon: Type.Optional(Type.With(CouponCode, { description: "It holds for everybody who enters this code" })),
  onlyWithCode: Type.Optional(
    Type.Boolean({
      description:
        "It holds only with a code; unless given, that is so with a `coupon`. Single-use codes are made with `POST /promotions/{promotionId}/codes`",
      examples: [true],
    }),
  ),
  conditions: Type.Optional(
    Type.Array(Condition, { maxItems: promotionLimits.CONDITIONS, description: "All of them must hold" }),
  ),
  effect: Effect,
  currency: Type.Optional(
    Type.With(Currency, { description: "Of all amounts of the promotion, which then holds in this currency only" }),
  ),
  startsAt: Type.Optional(Type.With(Moment, { description: "Now unless given" })),
  endsAt: Type.Optional(
    Type.With(Moment, {
      description: "The first moment at which it does not hold any more; never unless given",
      examples: ["2036-01-01"],
    }),
  ),
  priority: Type.Optional(
    Type.Integer({
      minimum: -1_000_000,
      maximum: 1_000_000,
      description: "Stackable promotions with a higher one come first, 0 unless given",
      examples: [10],
    }),
  ),
  stacking: Stacking,
  usageLimit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: "Orders in all", examples: [1_000] }),
  ),
  usagePerCustomer: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000, description: "Orders of one customer", examples: [1] }),
  ),
  budget: Type.Optional(
    Type.With(Amount, { description: "What all its discounts may be together", examples: [5_000] }),
  ),
};

export const PROMOTION_STATUSES = ["scheduled", "active", "ended"] as const;
export const PromotionStatus = Type.Enum([...PROMOTION_STATUSES], {
  examples: ["active"],
  "x-name": "PromotionStatus",
});

export const PromotionView = NamedObject("Promotion", {
  promotionId: Id("promotion"),
  ...PromotionToSet,
  onlyWithCode: Type.Boolean({ description: "It holds only with a code", examples: [true] }),
  conditions: Type.Array(Condition),
  startsAt: Timestamp,
  endsAt: Type.Optional(Timestamp),
  priority: Type.Integer({ examples: [10] }),
  status: PromotionStatus,
  uses: Type.Integer({ minimum: 0, description: "Orders that have it or have reserved it", examples: [0] }),
  spent: Type.Optional(
    Type.With(Amount, { description: "The sum of its discounts, where it has a budget", examples: [0] }),
  ),
  createdAt: Timestamp,
});

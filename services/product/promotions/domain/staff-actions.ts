import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { staff } from "#lib/contract/access.ts";
import { action, Empty, Exact, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { CursorPage, CursorPagination } from "#lib/contract/cursor.ts";
import { Id } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { FormedText } from "#lib/contract/text.ts";
import { promotionLimits } from "./limits.ts";
import { CouponCode, PromotionStatus, PromotionToSet, PromotionView } from "./schemas.ts";

// The part of the contract that staff use.

const PromotionId = { promotionId: Id("promotion") };
const FROM = "`promotionId` comes from `POST /promotions`.";
const readAccess = staff("promotions:read");
const writeAccess = staff("promotions:write");

const Redemption = NamedObject("Redemption", {
  orderId: Id("order"),
  customerId: Type.With(Id("customer"), { description: "A customer, or `guest_…`" }),
  code: Type.Optional(CouponCode),
  amount: Amount,
  currency: Currency,
  status: Type.Enum(["reserved", "committed", "released"], {
    description: "`committed`: the order is paid; `released`: it was cancelled, and the use does not count",
    examples: ["committed"],
    "x-name": "RedemptionStatus",
  }),
  reservedAt: Timestamp,
});

const EXAMPLE = {
  name: "10 % off your mugs",
  conditions: [{ type: "skus", skus: ["MUG-ENAMEL"] }],
  effect: { type: "percentOff", percent: 10, appliesTo: "items" },
  stacking: "stackable",
  usageLimit: 1_000,
};

export const staffActions = {
  create: action({
    summary: "Adds a promotion.",
    description:
      "It holds from `startsAt` until before `endsAt`, for purchases that meet all conditions. `minSubtotal` and `minQuantity` count the items that `skus` and `categories` name, or all. A buyer gets the best exclusive promotion alone, or all stackable ones one after the other, by priority, each off what is left: whichever is more. A use counts from the order on, and no longer when the order is cancelled.",
    rest: "POST /promotions",
    status: 201,
    example: { ...EXAMPLE, coupon: "MUGS10" },
    params: Exact(PromotionToSet),
    returns: PromotionView,
    access: writeAccess,
    errors: ["ALREADY_EXISTS", "LIMIT_REACHED"],
    idempotent: true,
  }),
  list: action({
    summary: "Lists promotions, the newest first.",
    rest: "GET /promotions",
    params: Exact({ ...Page, status: Type.Optional(PromotionStatus) }),
    returns: Type.Object({
      promotions: Type.Array(PromotionView, { maxItems: limits.PAGE_SIZE }),
      pagination: Pagination,
    }),
    access: readAccess,
  }),
  get: action({
    summary: "Reads a promotion.",
    description: FROM,
    rest: "GET /promotions/:promotionId",
    params: Exact(PromotionId),
    returns: PromotionView,
    access: readAccess,
  }),
  set: action({
    summary: "Replaces a promotion, for later purchases.",
    description: `${FROM} What is left out is as in a new promotion, except \`startsAt\` and \`onlyWithCode\`, which stay. A limit cannot be below what was used, the currency of what was spent cannot change, and what has ended stays ended.`,
    rest: "PUT /promotions/:promotionId",
    example: { ...EXAMPLE, priority: 10 },
    params: Exact({ ...PromotionId, ...PromotionToSet }),
    returns: PromotionView,
    access: writeAccess,
    errors: ["ALREADY_EXISTS", "PROMOTION_ENDED", "PROMOTION_USED"],
    retryable: true,
  }),
  end: action({
    summary: "Ends a promotion now.",
    description: `${FROM} Orders that have it keep it. One that has not started yet ends without having held; one that has ended already is refused, because its end is history.`,
    rest: "DELETE /promotions/:promotionId",
    status: 204,
    params: Exact(PromotionId),
    returns: Empty,
    access: writeAccess,
    errors: ["PROMOTION_ENDED"],
  }),
  makeCodes: action({
    summary: "Makes codes of a promotion, each good for one order.",
    description: `${FROM} From then on the promotion holds only with a code. The code of an order that is cancelled can be used again.`,
    rest: "POST /promotions/:promotionId/codes",
    status: 201,
    example: { count: 2, prefix: "VIP" },
    params: Exact({
      ...PromotionId,
      count: Type.Integer({ minimum: 1, maximum: promotionLimits.CODES_PER_REQUEST, examples: [100] }),
      prefix: Type.Optional(
        FormedText("1 to 20 letters and digits", "^[A-Za-z0-9]{1,20}$", {
          description: "What each code begins with",
          examples: ["VIP"],
        }),
      ),
    }),
    returns: Type.Object({
      codes: Type.Array(CouponCode, { maxItems: promotionLimits.CODES_PER_REQUEST }),
    }),
    access: writeAccess,
    errors: ["LIMIT_REACHED", "PROMOTION_ENDED"],
    idempotent: true,
    timeoutMs: limits.REQUEST_TIMEOUT_MS,
  }),
  redemptions: action({
    summary: "The orders that used a promotion, the newest first.",
    description: FROM,
    rest: "GET /promotions/:promotionId/redemptions",
    params: Exact({ ...PromotionId, ...CursorPage }),
    returns: Type.Object({
      redemptions: Type.Array(Redemption, { maxItems: limits.PAGE_SIZE }),
      pagination: CursorPagination,
    }),
    access: readAccess,
  }),
};

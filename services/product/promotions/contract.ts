import { contract, Empty } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds } from "#lib/contract/ids.ts";
import { dealActions } from "./deals/domain/deal-actions.ts";
import { dealErrors, dealIds } from "./deals/domain/deal-errors.ts";
import { purchaseActions } from "./domain/purchase-actions.ts";
import { staffActions } from "./domain/staff-actions.ts";

export const promotionIds = defineIds({ promotion: "promo", ...dealIds });

export const promotionErrors = defineErrors({
  PROMOTION_ENDED: {
    status: 409,
    title: "The promotion has ended",
    help: "Add a new promotion with `POST /promotions`.",
  },
  PROMOTION_USED: {
    status: 409,
    title: "The promotion was used in a way that this would deny",
    help: "`detail` says what was used. End this promotion with `DELETE /promotions/{promotionId}` and add another one.",
  },
  ...dealErrors,
});

const keptBecause =
  "Limits and budgets count uses, and a discount must be provable as long as the invoice of its order.";

export const promotions = contract("promotions", {
  summary: "Coupons and promotions: who gets what off, why, and how often.",
  personalData: {
    promotion: "none",
    promotion_terms: "none",
    promotion_use: "none",
    promotion_code: "none",
    reservation: { columns: ["customer_id"], subject: "customer_id", keptBecause },
    redemption: { columns: ["customer_id"], subject: "customer_id", keptBecause },
    customer_group: { columns: ["groups"], subject: "customer_id" },
    paying_customer: { columns: ["customer_id"], subject: "customer_id" },
    sku_category: "none",
    category_path: "none",
    deal: "none",
    deal_claim: { columns: ["customer_id"], subject: "customer_id", keptBecause },
  },
  actions: { ...staffActions, ...purchaseActions, ...dealActions },
  signals: {
    /** Promotions were added, changed or ended: what a node knows of them is stale. It may be lost. */
    changed: Empty,
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    promotions: typeof promotions;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    promotions: typeof promotionIds;
  }
}

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    promotions: typeof promotionErrors;
  }
}

export { isDeal } from "./deals/domain/deal-errors.ts";
export { keyOf as couponKey } from "./domain/codes.ts";
export { promotionLimits } from "./domain/limits.ts";
export { Discount, Unused } from "./domain/purchase-actions.ts";
export { CouponCode } from "./domain/schemas.ts";

import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { findDiscounts } from "./actions/discounts.ts";
import { makeCodes } from "./actions/make-codes.ts";
import { getPromotion, listPromotions, listRedemptions } from "./actions/read-promotions.ts";
import { giveUsesBack, reserveUses } from "./actions/reserve.ts";
import { createPromotion, endPromotion, setPromotion } from "./actions/write-promotions.ts";
import { customerGroupsChanged } from "./consumers/customer-groups-changed.ts";
import { orderCancelled } from "./consumers/order-cancelled.ts";
import { orderCreated } from "./consumers/order-created.ts";
import { orderStatusChanged } from "./consumers/order-status-changed.ts";
import { productCreated } from "./consumers/product-created.ts";
import { productUpdated } from "./consumers/product-updated.ts";
import { promotions } from "./contract.ts";
import { claimDeal, giveDealClaimBack, readDealClaim } from "./deals/actions/claims.ts";
import { createDeal, endDeal, getDeal, listDeals } from "./deals/actions/deals.ts";
import { withDeals } from "./deals/actions/with-deals.ts";
import { handOverSlots } from "./deals/jobs/hand-over-slots.ts";
import { expireReservations } from "./jobs/expire-reservations.ts";
import { readCategoryTree } from "./jobs/read-category-tree.ts";
import { countExpired } from "./reservations.store.ts";
import { type Deps, readAgain, setUp } from "./setup.ts";

export default service<typeof promotions, Deps>(promotions, {
  database: { migrations: join(import.meta.dirname, "migrations"), keepPlans: true },
  setup: setUp,
  actions: {
    create: createPromotion,
    list: listPromotions,
    get: getPromotion,
    set: setPromotion,
    end: endPromotion,
    makeCodes,
    redemptions: listRedemptions,
    discounts: withDeals(findDiscounts),
    reserve: reserveUses,
    giveBack: giveUsesBack,
    createDeal,
    deals: listDeals,
    deal: getDeal,
    endDeal,
    claimDeal,
    dealClaim: readDealClaim,
    giveDealClaimBack,
  },
  consumers: [
    ...[orderCreated, orderStatusChanged, orderCancelled],
    ...[customerGroupsChanged, productCreated, productUpdated],
  ],
  jobs: [expireReservations, readCategoryTree, handOverSlots],
  alarms: { expiredReservations: { summary: "Reservations of uses past their expiry", count: countExpired } },
  signals: { "promotions.changed": readAgain },
  teardown: ({ book }) => book.close(),
});

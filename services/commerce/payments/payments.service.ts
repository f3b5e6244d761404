import { join } from "node:path";
import type { ServiceSchema } from "moleculer";
import { service } from "#mixins/service/service.ts";
import { authorize } from "./actions/authorize.ts";
import { balances } from "./actions/balances.ts";
import { capture } from "./actions/capture.ts";
import { confirm } from "./actions/confirm.ts";
import { getDispute, listDisputes, submitEvidence } from "./actions/disputes.ts";
import { get } from "./actions/get.ts";
import {
  disableGiftCard,
  giftCardBalance,
  giftCardEntries,
  issueGiftCard,
  listGiftCards,
} from "./actions/gift-cards.ts";
import { listDifferences } from "./actions/list-differences.ts";
import { methodsOf, ofOrder } from "./actions/of-order.ts";
import { listParked, retryParked } from "./actions/parked-operations.ts";
import { planTenders } from "./actions/plan-tenders.ts";
import { receive, receiveVnpay } from "./actions/receive.ts";
import { refund } from "./actions/refund.ts";
import { deleteMethod, getMethod, listMethods, setUpMethod } from "./actions/saved-methods.ts";
import { grantStoreCredit, readStoreCredit } from "./actions/store-credit.ts";
import { voidPayment } from "./actions/void.ts";
import { inventoryReserved } from "./consumers/inventory-reserved.ts";
import { orderCancelled } from "./consumers/order-cancelled.ts";
import { orderCreated } from "./consumers/order-created.ts";
import { orderStatusChanged } from "./consumers/order-status-changed.ts";
import { reviewApproved } from "./consumers/review-approved.ts";
import { payments } from "./contract.ts";
import { countDifferences } from "./differences.store.ts";
import { checkHolds } from "./jobs/check-holds.ts";
import { followMovements } from "./jobs/follow-movements.ts";
import { forgetNotifications, forgetSetups } from "./jobs/forget-notifications.ts";
import { reconcile } from "./jobs/reconcile.ts";
import { countUnknown } from "./operations.store.ts";
import { countParkedOperations } from "./parked.store.ts";
import { paymentModel } from "./payments.models.ts";
import { notificationQueue } from "./queues/notifications.ts";
import { type PaymentsDeps, type PaymentsOptions, paymentOperations, setUp } from "./setup.ts";

/** @param options what tests replace: the provider, the timings */
export function paymentsService(options: PaymentsOptions = {}): ServiceSchema {
  return service<typeof payments, PaymentsDeps>(payments, {
    database: { migrations: join(import.meta.dirname, "migrations"), model: paymentModel, keepPlans: true },
    setup: setUp(options),
    actions: {
      ...{ authorize, confirm, capture, refund, void: voidPayment, get, ofOrder, methodsOf },
      ...{ setUpMethod, listMethods, getMethod, deleteMethod },
      ...{ receive, receiveVnpay },
      ...{ issueGiftCard, giftCardBalance, listGiftCards, giftCardEntries, disableGiftCard },
      ...{ grantStoreCredit, readStoreCredit, planTenders },
      ...{ listParked, retryParked, listDisputes, getDispute, submitEvidence, listDifferences, balances },
    },
    consumers: [orderCreated, inventoryReserved, orderStatusChanged, orderCancelled, reviewApproved],
    queues: [paymentOperations, notificationQueue],
    alarms: {
      unknownOperations: { summary: "Operations whose outcome is unknown for minutes", count: countUnknown },
      parkedOperations: { summary: "Operations that ran out of tries", count: countParkedOperations },
      differences: { summary: "Charges of which a provider says otherwise than we do", count: countDifferences },
    },
    jobs: [checkHolds, reconcile, followMovements(options.movementsEveryMs), forgetNotifications, forgetSetups],
    teardown: ({ close }) => close(),
  });
}

export default paymentsService();

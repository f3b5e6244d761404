import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { answerToRequest } from "./actions/answer-to.ts";
import { awaitSettled } from "./actions/await-settled.ts";
import { cancelOrder } from "./actions/cancel-order.ts";
import { checkToken } from "./actions/check-token.ts";
import { createOrder } from "./actions/create-order.ts";
import { forInvoices } from "./actions/for-invoices.ts";
import { getOrder } from "./actions/get-order.ts";
import { getStatuses } from "./actions/get-statuses.ts";
import { getTimeline } from "./actions/get-timeline.ts";
import { handOffOrder } from "./actions/hand-off-order.ts";
import { listOrders, ordersOfCustomer } from "./actions/list-orders.ts";
import { ordersOfSeller } from "./actions/orders-of-seller.ts";
import { placePurchase } from "./actions/place-purchase.ts";
import { abandonSourceOf, fateOfSource } from "./actions/sources.ts";
import { disputeClosed } from "./consumers/dispute-closed.ts";
import { disputeOpened } from "./consumers/dispute-opened.ts";
import { inventoryCommitted } from "./consumers/inventory-committed.ts";
import { inventoryRejected } from "./consumers/inventory-rejected.ts";
import { inventoryReleased } from "./consumers/inventory-released.ts";
import { inventoryReserved } from "./consumers/inventory-reserved.ts";
import { paymentActionRequired } from "./consumers/payment-action-required.ts";
import { paymentAuthorized } from "./consumers/payment-authorized.ts";
import { paymentCompleted } from "./consumers/payment-completed.ts";
import { paymentFailed } from "./consumers/payment-failed.ts";
import { paymentRefundFailed } from "./consumers/payment-refund-failed.ts";
import { paymentRefunded } from "./consumers/payment-refunded.ts";
import { paymentReplaced } from "./consumers/payment-replaced.ts";
import { paymentVoided } from "./consumers/payment-voided.ts";
import { reviewApproved } from "./consumers/review-approved.ts";
import { reviewRejected } from "./consumers/review-rejected.ts";
import { orders } from "./contract.ts";
import { forgetSources } from "./jobs/forget-sources.ts";
import { sweepDeadlines } from "./jobs/sweep-deadlines.ts";
import { orderModel } from "./orders.models.ts";
import { countStuck } from "./orders.store.ts";
import { type Deps, setUp } from "./setup.ts";

export default service<typeof orders, Deps>(orders, {
  database: { migrations: join(import.meta.dirname, "migrations"), model: orderModel, keepPlans: true },
  setup: setUp,
  actions: {
    create: createOrder,
    get: getOrder,
    cancel: cancelOrder,
    handOff: handOffOrder,
    ofCustomer: ordersOfCustomer,
    ofSeller: ordersOfSeller,
    list: listOrders,
    timeline: getTimeline,
    place: placePurchase,
    answerTo: answerToRequest,
    ofSource: fateOfSource,
    abandonSource: abandonSourceOf,
    checkToken,
    awaitSettled,
    statusOf: getStatuses,
    forInvoices,
  },
  consumers: [
    ...[inventoryReserved, inventoryRejected, inventoryReleased, inventoryCommitted],
    paymentAuthorized,
    paymentActionRequired,
    paymentReplaced,
    paymentFailed,
    paymentCompleted,
    paymentVoided,
    paymentRefunded,
    paymentRefundFailed,
    ...[disputeOpened, disputeClosed, reviewApproved, reviewRejected],
  ],
  alarms: { stuckOrders: { summary: "Orders past their deadline", count: countStuck } },
  jobs: [sweepDeadlines, forgetSources],
  signals: {
    "orders.changed": ({ settlements }, { orderId, settled }) => settled && settlements.notify(orderId),
    "promotions.changed": ({ promotions }) => promotions.forget(),
  },
  teardown: ({ settlements }) => settlements.close(),
});

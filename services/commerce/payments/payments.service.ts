import { join } from "node:path";
import type { ServiceSchema } from "moleculer";
import { service } from "#mixins/service/service.ts";
import { authorize } from "./actions/authorize.ts";
import { capture } from "./actions/capture.ts";
import { confirm } from "./actions/confirm.ts";
import { get } from "./actions/get.ts";
import { ofOrder } from "./actions/of-order.ts";
import { refund } from "./actions/refund.ts";
import { inventoryReserved } from "./consumers/inventory-reserved.ts";
import { orderCancelled } from "./consumers/order-cancelled.ts";
import { orderCreated } from "./consumers/order-created.ts";
import { orderStatusChanged } from "./consumers/order-status-changed.ts";
import { payments } from "./contract.ts";
import { checkHolds } from "./jobs/check-holds.ts";
import { countUnknown } from "./operations.store.ts";
import { paymentModel } from "./payments.models.ts";
import { type PaymentsDeps, type PaymentsOptions, paymentOperations, setUp } from "./setup.ts";

/** @param options what tests replace: the provider, the timings */
export function paymentsService(options: PaymentsOptions = {}): ServiceSchema {
  return service<typeof payments, PaymentsDeps>(payments, {
    database: { migrations: join(import.meta.dirname, "migrations"), model: paymentModel, keepPlans: true },
    setup: setUp(options),
    actions: { authorize, confirm, capture, refund, get, ofOrder },
    consumers: [orderCreated, inventoryReserved, orderStatusChanged, orderCancelled],
    queues: [paymentOperations],
    alarms: { unknownOperations: { summary: "Operations whose outcome is unknown for minutes", count: countUnknown } },
    jobs: [checkHolds],
    teardown: ({ close }) => close(),
  });
}

export default paymentsService();

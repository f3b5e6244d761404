import { join } from "node:path";
import { limits } from "#config/limits.ts";
import { service } from "#mixins/service/service.ts";
import { assessOrder } from "./actions/assess.ts";
import { approveReview, rejectReview } from "./actions/decide-review.ts";
import { getAssessment } from "./actions/get-assessment.ts";
import { reviewList } from "./actions/list-reviews.ts";
import { customerCreated } from "./consumers/customer-created.ts";
import { customerUpdated } from "./consumers/customer-updated.ts";
import { disputeOpened } from "./consumers/dispute-opened.ts";
import { orderCancelled } from "./consumers/order-cancelled.ts";
import { orderCreated } from "./consumers/order-created.ts";
import { paymentFailed } from "./consumers/payment-failed.ts";
import { fraud } from "./contract.ts";
import { decideOverdue } from "./jobs/decide-overdue.ts";
import { forgetAttempts } from "./jobs/forget-attempts.ts";
import { trustCustomers } from "./jobs/trust-customers.ts";
import { countOverdue } from "./reviews.store.ts";
import { type Deps, setUp } from "./setup.ts";

export default service<typeof fraud, Deps>(fraud, {
  database: { migrations: join(import.meta.dirname, "migrations"), keepPlans: true },
  setup: setUp,
  actions: {
    assess: assessOrder,
    assessmentOf: getAssessment,
    listReviews: reviewList,
    approve: approveReview,
    reject: rejectReview,
  },
  consumers: [orderCreated, orderCancelled, paymentFailed, disputeOpened, customerCreated, customerUpdated],
  jobs: [decideOverdue, trustCustomers, forgetAttempts],
  alarms: {
    overdueReviews: {
      summary: "Reviews past their deadline that the sweeper has not decided for a minute",
      count: (db) => countOverdue(db, limits.SWEEPER_GRACE_SECONDS),
    },
  },
  teardown: ({ scoring }) => scoring.places.close(),
});

import { join } from "node:path";
import { every } from "#mixins/service/jobs.ts";
import { service } from "#mixins/service/service.ts";
import { checkOut } from "./actions/check-out.ts";
import { checkoutAttemptModel } from "./checkout.models.ts";
import { forgetOld } from "./checkout.store.ts";
import { checkout } from "./contract.ts";

const FORGET_MS = 600_000;

export default service(checkout, {
  database: {
    migrations: join(import.meta.dirname, "migrations"),
    model: checkoutAttemptModel,
    alwaysUseIndexes: true,
  },
  actions: { create: checkOut },
  jobs: [every(FORGET_MS, "forget-attempts", ({ db }) => forgetOld(db))],
});

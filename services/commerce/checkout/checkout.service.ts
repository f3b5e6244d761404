import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { checkOut } from "./actions/check-out.ts";
import { checkout } from "./contract.ts";
import { deleteOldAttempts } from "./jobs/delete-old-attempts.ts";
import { type Deps, setUp } from "./setup.ts";

export default service<typeof checkout, Deps>(checkout, {
  database: { migrations: join(import.meta.dirname, "migrations"), keepPlans: true },
  setup: setUp,
  actions: { create: checkOut },
  jobs: [deleteOldAttempts],
});

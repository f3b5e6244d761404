import { every } from "#mixins/service/jobs.ts";
import { deleteExpired } from "../checkout.store.ts";
import { checkoutLimits } from "../domain/limits.ts";

export const deleteOldAttempts = every(checkoutLimits.OLD_ATTEMPTS_SWEEP_MS, "forget-attempts", ({ db }) =>
  deleteExpired(db),
);

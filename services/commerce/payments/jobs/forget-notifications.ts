import { limits } from "#config/limits.ts";
import { every } from "#mixins/service/jobs.ts";
import { paymentLimits } from "../domain/limits.ts";
import { deleteOldNotifications } from "../notifications.store.ts";
import { deleteOldSetups } from "../saved-methods.store.ts";
import type { PaymentsDeps } from "../setup.ts";

const EVERY_MS = 60_000;

/** Events are recognised as repeated for as long as providers repeat them, and longer. */
export const forgetNotifications = every<PaymentsDeps>(EVERY_MS, "forget-notifications", ({ db }) =>
  deleteOldNotifications(db, paymentLimits.NOTIFICATION_DAYS, limits.SWEEP_ROWS),
);

/** A setup is kept for longer than its end may be told, so that a method is saved once, and stays deleted. */
export const forgetSetups = every<PaymentsDeps>(EVERY_MS, "forget-setups", ({ db }) =>
  deleteOldSetups(db, paymentLimits.SETUP_DAYS, limits.SWEEP_ROWS),
);

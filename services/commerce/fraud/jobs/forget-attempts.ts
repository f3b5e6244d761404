import { limits } from "#config/limits.ts";
import { every } from "#mixins/service/jobs.ts";
import { forgetOld } from "../attempts.store.ts";
import { fraudLimits } from "../domain/limits.ts";

export const forgetAttempts = every(fraudLimits.FORGET_EVERY_MS, "forget-attempts", async ({ db }) => {
  for (let batch = 0; batch < fraudLimits.FORGET_BATCHES; batch++) {
    if ((await forgetOld(db, limits.SWEEP_ROWS)) === 0) return;
  }
});

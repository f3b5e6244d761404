import { limits } from "#config/limits.ts";
import { every } from "#mixins/service/jobs.ts";
import { orderLimits } from "../domain/limits.ts";
import { forgetAbandonedSources } from "../sources.store.ts";

export const forgetSources = every(orderLimits.ABANDONED_SOURCES_SWEEP_MS, "forget-sources", ({ db }) =>
  forgetAbandonedSources(db, limits.SWEEP_ROWS),
);

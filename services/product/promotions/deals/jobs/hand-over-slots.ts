import { every } from "#mixins/service/jobs.ts";
import { dealsToHandOver } from "../claims.store.ts";
import type { HasDeals } from "../setup.ts";

const EVERY_MS = 1_000;

/** Hands expired slots over for buyers who wait and do not ask. Whoever asks for a claim, or looks at theirs, does it as well. */
export const handOverSlots = every<HasDeals>(EVERY_MS, "hand-over-slots", async ({ db, deps, cause }) => {
  for (const dealId of await dealsToHandOver(db)) await deps.deals.desk.ask(cause, dealId);
});

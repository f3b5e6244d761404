import { every } from "#mixins/service/jobs.ts";
import { settledEntry, sumLines as sum } from "../balances.store.ts";
import { ledgerLimits } from "../domain/limits.ts";

/** Adds up what was posted, so that reports have few lines to read. */
export const sumLines = every(ledgerLimits.SUM_EVERY_MS, "sum-lines", async ({ db }) => {
  const settled = await settledEntry(db);
  if (settled === undefined) return;
  for (let batch = 0; batch < ledgerLimits.SUM_BATCHES; batch++) {
    if (!(await sum(db, settled, ledgerLimits.SUM_ENTRIES))) return;
  }
});

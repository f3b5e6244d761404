import { limits } from "#config/limits.ts";
import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { fraudLimits } from "../domain/limits.ts";
import { lockOverdue } from "../reviews.store.ts";
import { recordVerdict } from "../steps/record-verdict.ts";

/** Decides reviews that nobody has decided in time, as FRAUD_DEADLINE_DECISION says. */
export const decideOverdue = every(fraudLimits.REVIEW_SWEEP_MS, "decide-overdue", transactional(sweep));

export async function sweep(ctx: Pick<ServiceContext, "env"> & Transactions): Promise<void> {
  const verdict = ctx.env.FRAUD_DEADLINE_DECISION === "approve" ? "approved" : "rejected";
  for (let batch = 0; batch < fraudLimits.REVIEW_SWEEP_BATCHES; batch++) {
    const decided = await ctx.transaction(async (tx) => {
      const reviews = await lockOverdue(tx, limits.SWEEP_ROWS);
      if (reviews.length > 0) await recordVerdict(tx, reviews, verdict, "deadline");
      return reviews.length;
    });
    if (decided < limits.SWEEP_ROWS) return;
  }
}

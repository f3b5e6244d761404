import { toMajor } from "#lib/contract/money.ts";
import type { ResultOf } from "#lib/contract/types.ts";
import type { fraud } from "./contract.ts";
import type { Assessment } from "./domain/score.ts";
import type { ReviewRow } from "./reviews.store.ts";

export function assessmentView({ score, decision, reasons }: Assessment): ResultOf<typeof fraud.actions.assess> {
  return { score, decision, reasons: [...reasons] };
}

export function reviewView(row: ReviewRow): ResultOf<typeof fraud.actions.listReviews>["reviews"][number] {
  const { totalMinor, openedAt, deadlineAt, decidedAt, decidedBy, ...review } = row;
  return {
    ...review,
    totalAmount: toMajor(totalMinor, row.currency),
    openedAt: openedAt.toISOString(),
    deadlineAt: deadlineAt.toISOString(),
    ...(decidedAt ? { decidedAt: decidedAt.toISOString() } : {}),
    ...(decidedBy === null ? {} : { decidedBy }),
  };
}

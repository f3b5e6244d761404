/** Why a promotion gives a purchase nothing. */
export const REASONS = [
  "unknown_code",
  "code_used",
  "not_started",
  "ended",
  "used_up",
  "used_by_customer",
  "budget_spent",
  "below_subtotal",
  "no_matching_items",
  "wrong_group",
  "not_first_order",
  "wrong_currency",
  "other_is_better",
  "needs_account",
] as const;

export type Reason = (typeof REASONS)[number];

import { minorDigits, toMajor } from "#lib/contract/money.ts";
import type { Refusal } from "./check-terms.ts";

/** What a customer is told of a promotion that gives nothing. */
export function messageOf({ reason, missingMinor, missingPieces }: Refusal, currency: string): string {
  switch (reason) {
    case "unknown_code":
      return "There is no such code.";
    case "code_used":
      return "This code was used already.";
    case "not_started":
      return "This has not begun yet.";
    case "ended":
      return "This has ended.";
    case "used_up":
      return "This was used as often as it may be.";
    case "used_by_customer":
      return "You have used this as often as you may.";
    case "budget_spent":
      return "What is left of this is not enough for your purchase.";
    case "below_subtotal":
      if (missingMinor === undefined) return "Add more items.";
      return `Add items for ${toMajor(missingMinor, currency).toFixed(minorDigits(currency))} ${currency} more.`;
    case "no_matching_items":
      if (missingPieces === undefined) return "Nothing in the cart is a part of this.";
      return `Add ${missingPieces} more ${missingPieces === 1 ? "item" : "items"}.`;
    case "wrong_group":
      return "This is for other customers.";
    case "not_first_order":
      return "This is for a first order.";
    case "wrong_currency":
      return "This is for another currency.";
    case "other_is_better":
      return "Other discounts give more, and this does not go together with them.";
    case "needs_account":
      return "Sign in to use this.";
    default:
      return reason satisfies never;
  }
}

import { invalidParameter, StripeFailure } from "./failure.ts";

// https://docs.stripe.com/currencies: what Stripe refuses by the amount alone.
const THREE_DIGITS: ReadonlySet<string> = new Set(["bhd", "jod", "kwd", "omr", "tnd"]);
const ALWAYS_00: ReadonlySet<string> = new Set(["isk", "ugx"]);

export function checkAmount(amount: number, currency: string): void {
  if (!/^[a-z]{3}$/.test(currency)) throw invalidParameter("currency", `Invalid currency: ${currency}`);
  if (THREE_DIGITS.has(currency) && amount % 10 !== 0) {
    throw refusedAmount(`The last digit of an amount in ${currency} must be 0.`);
  }
  if (ALWAYS_00.has(currency) && amount % 100 !== 0) {
    throw refusedAmount(`Invalid amount. Amounts in ${currency} must be evenly divisible by 100.`);
  }
}

function refusedAmount(message: string): StripeFailure {
  const code = "invalid_charge_amount_no_decimal_compatible";
  return new StripeFailure(400, { type: "invalid_request_error", code, message, param: "amount" });
}

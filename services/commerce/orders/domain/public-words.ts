/** What a customer may know of a refusal: no more, because somebody who tries stolen cards would learn from it. */
const NOT_ACCEPTED = "not_accepted";
const SUSPICIONS: ReadonlySet<string> = new Set(["fraud_refused", "fraud_rejected"]);
const STEPS: ReadonlySet<string> = new Set(["RiskRefused", "ReviewRejected"]);

/** The reason of an order as its customer sees it. */
export function publicReason(reason: string): string {
  return SUSPICIONS.has(reason) ? NOT_ACCEPTED : reason;
}

/** The name of a step as the customer sees it. */
export function publicStep(step: string): string {
  return STEPS.has(step) ? "OrderNotAccepted" : step;
}

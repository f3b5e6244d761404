import type { Intent } from "./shapes.ts";

export interface FailureBody {
  type: "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";
  message: string;
  code?: string;
  decline_code?: string;
  param?: string;
  payment_intent?: Intent;
}

/** A request that Stripe refuses. */
export class StripeFailure extends Error {
  readonly status: number;
  readonly body: FailureBody;
  /** Whether the endpoint had begun with its work, so that the refusal is kept under the request's key. */
  readonly isKept: boolean;

  constructor(status: number, body: FailureBody, isKept = true) {
    super(body.message);
    this.status = status;
    this.body = body;
    this.isKept = isKept;
  }
}

/** A parameter that is wrong in itself. Stripe finds that before it begins, and keeps no answer. */
export function invalidParameter(param: string, message: string, code = "parameter_invalid"): StripeFailure {
  return new StripeFailure(400, { type: "invalid_request_error", code, message, param }, false);
}

export function refused(code: string, message: string, intent?: Intent): StripeFailure {
  const about = intent ? { payment_intent: intent } : {};
  return new StripeFailure(400, { type: "invalid_request_error", code, message, ...about });
}

export function missing(kind: string, id: string, status = 404): StripeFailure {
  const message = `No such ${kind}: '${id}'`;
  return new StripeFailure(status, { type: "invalid_request_error", code: "resource_missing", message, param: "id" });
}

export function unexpectedState(intent: Intent, verb: string): StripeFailure {
  const message = `This PaymentIntent could not be ${verb} because it has a status of ${intent.status}.`;
  return refused("payment_intent_unexpected_state", message, intent);
}

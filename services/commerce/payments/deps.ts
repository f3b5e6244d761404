import type { Operations } from "./operations/operations.ts";

/** What the handlers share. */
export interface PaymentsDeps {
  operations: Operations;
}

import { Type } from "typebox";
import { ownerOr } from "#lib/contract/access.ts";
import { action, Exact } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { paymentLimits } from "./limits.ts";
import { PROVIDER_NAMES } from "./provider-names.ts";
import { SavedMethod } from "./schemas.ts";

/** The part of the contract that is about payment methods that customers save. */
export const savedMethodActions = {
  setUpMethod: action({
    summary: "Begins to save a payment method",
    description:
      "The client finishes it with the provider by the client secret, as Stripe.js does; then the method is in the list. The test provider saves a Visa card at once. No card data is sent to the shop.",
    rest: "POST /customers/:customerId/payment-methods/setup",
    status: 201,
    params: Exact({ customerId: Id("customer"), provider: Type.Optional(Type.Enum(PROVIDER_NAMES)) }),
    returns: Type.Object({
      setupId: Id("methodSetup"),
      clientSecret: Type.String({ examples: ["seti_1_secret_2"] }),
    }),
    access: ownerOr("payments:write", "customerId"),
    errors: ["LIMIT_REACHED", "NOT_SUPPORTED", "PROVIDER_UNAVAILABLE", "SAVED_METHODS_UNAVAILABLE"],
    idempotent: true,
  }),
  listMethods: action({
    summary: "The payment methods that a customer has saved, the newest first",
    rest: "GET /customers/:customerId/payment-methods",
    params: Exact({ customerId: Id("customer") }),
    returns: Type.Object({
      paymentMethods: Type.Array(SavedMethod, { maxItems: paymentLimits.METHODS_PER_CUSTOMER }),
    }),
    access: ownerOr("payments:read", "customerId"),
  }),
  getMethod: action({
    summary: "A payment method that a customer has saved",
    rest: "GET /customers/:customerId/payment-methods/:paymentMethodId",
    params: Exact({ customerId: Id("customer"), paymentMethodId: Id("savedMethod") }),
    returns: SavedMethod,
    access: ownerOr("payments:read", "customerId"),
  }),
  deleteMethod: action({
    summary: "Forgets a saved payment method, here and at the provider",
    rest: "DELETE /customers/:customerId/payment-methods/:paymentMethodId",
    status: 204,
    params: Exact({ customerId: Id("customer"), paymentMethodId: Id("savedMethod") }),
    returns: Type.Object({}),
    access: ownerOr("payments:write", "customerId"),
    errors: ["PROVIDER_UNAVAILABLE", "SAVED_METHODS_UNAVAILABLE"],
  }),
};

import { Type } from "typebox";
import { contract, event } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";

const OfOrder = { orderId: Id("order"), customerId: Id("customer") };

export const fraud = contract("fraud", {
  summary: "How likely an order is to be fraud, and the review of those that may be.",
  actions: {},
  events: {
    /** The order may be charged. `by`: `staff:<id>`, or `deadline`. */
    ReviewApproved: event({
      key: "orderId",
      version: "1.0",
      data: Type.Object({ ...OfOrder, by: Type.String() }),
    }),
    /** The order is not charged, and is to be cancelled. `by`: `staff:<id>`, or `deadline`. */
    ReviewRejected: event({
      key: "orderId",
      version: "1.0",
      data: Type.Object({ ...OfOrder, by: Type.String() }),
    }),
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    fraud: typeof fraud;
  }
}

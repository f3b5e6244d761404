import { on } from "#mixins/service/consumers.ts";
import { addDispute } from "../customers.store.ts";

export const disputeOpened = on("payments.DisputeOpened", ({ tx }, { data }) => addDispute(tx, data.customerId), {
  canWait: true,
});

import { workQueue } from "#mixins/service/work-queue.ts";
import { paymentLimits } from "../domain/limits.ts";
import type { PaymentsDeps } from "../setup.ts";
import { completeSetup } from "../steps/complete-setup.ts";
import { followDispute } from "../steps/follow-dispute.ts";
import { observeCharge } from "../steps/observe-charge.ts";

/** A stored notification: which object of which provider has changed. */
export interface Notified {
  provider: string;
  type: string;
  kind: "charge" | "dispute" | "setup";
  reference: string;
}

/**
 * Processes notifications. What has changed is read from the provider, never from the notification, so that late, repeated
 * and crossed notifications all lead to the same state.
 */
export const notificationQueue = workQueue<Notified, void, PaymentsDeps>({
  name: "notified",
  table: "notification_work",
  bounds: paymentLimits.NOTIFICATIONS,
  attempt: async (ctx, { payload }, signal) => {
    const provider = ctx.deps.providers.find(payload.provider);
    if (!provider) throw new Error(`The payment provider ${payload.provider} is not configured.`);
    switch (payload.kind) {
      case "charge":
        return observeCharge(ctx, provider, payload.reference, signal);
      case "dispute":
        return followDispute(ctx, provider, payload.reference, signal);
      case "setup":
        return completeSetup(ctx, provider, payload.reference, signal);
      default:
        return payload.kind satisfies never;
    }
  },
});

import { payableConsumer } from "../steps/apply-messages.ts";

/** The risk of the order was accepted, so the payment may begin. */
export const reviewApproved = payableConsumer("fraud.ReviewApproved", ({ orderId }) => ({ kind: "approved", orderId }));

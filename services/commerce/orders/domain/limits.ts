/** The bounds of this service, each with its unit. */
export const orderLimits = {
  ORDER_PAYMENT_MINUTES: 15, // deadline of pending_payment
  ORDER_CAPTURE_MINUTES: 60, // deadline of confirmed
  ORDER_HANDLING_MINUTES: 10_080, // deadline of paid and processing: a week; later somebody should look
  ORDER_DELIVERY_MINUTES: 43_200, // deadline of shipped: 30 days
  ORDER_DELIVERY_DAYS: 5, // what a customer is told until a carrier has said more
  ORDER_STEPS: 500, // of one timeline in one answer; an order has about six
  ORDER_WAITERS: 1_000, // clients of one node that wait for orders to settle; the next ones are answered at once
  SETTLEMENT_POLL_MS: 500, // safety net behind the signal `orders.changed`, which may be lost
  ORDERS_PER_CALL: 500, // asked about at once
} as const;

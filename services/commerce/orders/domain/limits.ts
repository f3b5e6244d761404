/** The bounds of this service, each with its unit. */
export const orderLimits = {
  ORDER_PAYMENT_MINUTES: 15, // deadline of pending_payment
  ORDER_REVIEW_MINUTES: 2_880, // deadline of pending_payment while the risk is under review, which has an earlier one itself
  ORDER_CAPTURE_MINUTES: 60, // deadline of confirmed
  ORDER_HANDLING_MINUTES: 10_080, // deadline of paid and processing: a week; then an operator should look
  ORDER_DELIVERY_MINUTES: 43_200, // deadline of shipped: 30 days
  ORDER_DELIVERY_DAYS: 5, // the estimated delivery until a carrier gives a better one
  ORDER_STEPS: 500, // of one timeline in one answer; an order has about six
  ORDER_GIFT_CARDS: 10, // that one order is paid with
  ORDER_WAITERS: 1_000, // clients of one node that wait for orders to settle; further ones are answered at once
  DISCOUNT_TRIES: 4, // of one purchase, while other customers use up promotions that it has
  ORDERS_PER_CALL: 500, // orders in one call of statusOf or forInvoices
  LINES_PER_ANSWER: 4_000, // of forInvoices: 4 MB if each has a title of 200 characters of four bytes
  ABANDONED_SOURCE_DAYS: 60, // a request to place it may be that late: a paused process that goes on, for example
  ABANDONED_SOURCES_SWEEP_MS: 600_000, // between two sweeps for abandoned sources that are older
  PLACE_TIMEOUT_MS: 5_000, // a silent inventory is asked three times within it; the caller can place twice in its own time
  SETTLEMENT_POLL_MS: 500, // safety net behind the signal `orders.changed`, which may be lost
  SETTLEMENT_ANSWER_MS: 500, // left for the answer after the wait: the caller gives up after REQUEST_TIMEOUT_MS
  DEADLINE_SWEEP_MS: 5_000, // between two sweeps for orders past their deadline
  DEADLINE_SWEEP_BATCHES: 20, // transactions per sweep: 2,000 orders a second after an outage, and none locks them all
} as const;

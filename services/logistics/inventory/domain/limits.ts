/** The bounds of this service, each with its unit. */
export const inventoryLimits = {
  RESERVATION_MINUTES: 30, // then a job asks orders whether the order is still open
  SKUS_SHARED: 50, // asked for by one call: more of them have a query of their own, so that small orders do not wait for it
  STOCK_BATCH_ROWS: 5_000,
  STOCK_PIECES: 1_000_000_000, // of one sku in one warehouse; a Postgres int holds twice as many
} as const;

/** The bounds of this service, each with its unit. */
export const pricingLimits = {
  PRICE_BATCH_ROWS: 10_000,
  PRICES_SHARED: 50, // asked for by one call: more of them have a query of their own, so that small orders do not wait for it
  PRICE_SHARDS: 64, // all events about a sku have the same shard; a change of this number may swap two of them once
  PRICES_PER_EVENT: 500,
  PRICE_LISTS: 500, // every node knows all of them
  LIST_PRICES_PER_SKU: 50, // in one list: quantities times warehouses
  QUANTITY_STEPS: 20, // told of one sku to a cart, which keeps them
  EXCHANGE_RATES: 2_000, // every node knows all of them
  TERMS_MS: 1_000, // lists and rates that were not compared with the database for this long are read again before they count
  GROUPS_PER_CUSTOMER: 100,
  LOWEST_DAYS: 30, // before a reduction, whose lowest price is to be shown beside it

  // The price stream
  STREAM_PART_BYTES: 524_288, // some 8,000 lines, which are stored before the next ones are read
  STREAM_SLICE_LINES: 500, // read without a pause; other requests get their turn after some milliseconds
  STREAM_LANES: 4, // transactions of one node at once, each with its own shards of skus
  STREAM_LANE_WAITING: 64, // parts that wait for a lane; each has a request or a message behind it
  STREAM_LANE_WAIT_MS: 5_000,
  STREAM_AHEAD_MS: 60_000, // `at` may be in the future by this much, because clocks differ
  STREAM_SUBJECT_BYTES: 1_073_741_824, // that wait in the stream of the subject; publishers are refused what would be more
  STREAM_SUBJECT_AT_ONCE: 4, // messages that a node stores at once
  STREAM_LOG_LINES: 10, // a minute about messages with lines that were rejected
  STREAM_REJECTED_SHOWN: 100, // lines; the others are counted
} as const;

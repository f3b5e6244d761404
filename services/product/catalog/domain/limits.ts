/** The bounds of this service, each with its unit. */
export const catalogLimits = {
  BUNDLE_COMPONENTS: 50, // of one variant
  PRODUCT_BATCH_ROWS: 500,
  BATCH_TURN_MS: 4_000, // a batch waits this long for the others on its node; a full one takes 100 ms
  PRODUCT_VARIANTS: 250,
  PRODUCT_JSON_CHARS: 262_144, // so its event stays below NATS's 1 MiB even with three bytes for each character
  PRODUCT_CATEGORIES: 20,
  PRODUCT_IMAGES: 50,
  PRODUCT_ATTRIBUTES: 100,
  ATTRIBUTES: 10_000, // definitions in a shop
  ATTRIBUTE_OPTIONS: 1_000, // of one attribute
  ATTRIBUTE_SETS: 1_000, // in a shop: a change looks at all of them
  SET_ATTRIBUTES: 1_000, // of one set, with those that it inherits
  SET_DEPTH: 8, // levels of sets that extend each other
  FILTER_TEXT_CHARS: 200, // of a value that lists are filtered by: with four bytes each it fits into a page of the index
  FILTER_ATTRIBUTES: 10, // that one list asks for
  FILTER_VALUES: 50, // of one attribute
  FACETS: 10, // of one list
  FACET_VALUES: 100, // of one facet
  FACET_PRODUCTS: 25_000, // that are looked at for the facets of a list
  INDEX_ROWS: 500, // products whose terms are made in one transaction, after an attribute was defined or changed
  INDEX_BATCHES: 20, // in one run of the job
  NUMBER_FORMATS: 500, // of a locale and a unit, in memory
  LOCALES_TTL_MS: 5_000, // a node learns of the first translation into a language this late when its signal is lost
  COLLECTIONS: 1_000,
  PRICED_ROWS: 250, // products whose prices are asked for at once, to find those of a collection
  PRICED_PRODUCTS: 5_000, // that one list looks at for that; `pagination.next` goes on after them
  PRICED_MS: 750, // then such a list looks at no further products: it holds a turn of EXPENSIVE_READS while it waits for pricing
  TAX_CATEGORY_CHARS: 40,
  SKUS_PER_QUESTION: 10_000, // as many as a batch of prices or adjustments has rows
  CATEGORY_DEPTH: 16, // levels; a deeper tree is a mistake
  CATEGORY_ROWS_COUNTED: 20_000, // places of products in several categories that one count looks at
  SEARCH_TOTAL: 1_000, // products that a search counts; beyond that the answer says "at least"
  SEARCH_TEXT_ROWS: 500, // products whose text is folded in one statement, after an update of the shop
  SEARCH_TEXT_BATCHES: 20, // in one run of the job: 2,000 products a second
  EXPENSIVE_READS: 1, // searches and far pages at once on a node: one busy core of Postgres at most
  EXPENSIVE_WAITING: 64, // of them that wait for their turn
  EXPENSIVE_WAIT_MS: 1_000, // for their turn; with EXPENSIVE_MS less than READ_TIMEOUT_MS
  EXPENSIVE_MS: 1_500, // for one statement; then the answer is 503
  NEAR_ROWS: 10_000, // a page that skips more rows than this is an expensive read
  NO_RATINGS_MS: 5_000, // a node learns of the shop's first review this late when its signal is lost
  RATINGS_OUTAGE_MS: 1_000, // between two questions to reviews while it does not answer
  RESOLVED_PRODUCTS: 20_000, // in memory on each node, about 300 bytes each
  RESOLVED_TTL_MS: 1_000, // an archived product may be sold for this much longer when its signal is lost
  COPIED_ROWS: 250, // products that one transaction copies into a snapshot; it holds the lock of the catalogue meanwhile
  COPIES: 100, // such transactions in one run of the job: then others have a turn
  COMPARED_ROWS: 5_000, // products of the draft that one transaction compares with the newest snapshot
  TOLD_ROWS: 200, // products that one transaction tells other services of
  TELLINGS: 100, // such transactions in one run of the job
  PUBLISH_WAIT_MS: 5_000, // a client waits this long for a large publication; then it goes on without the client
  REMOVED_ROWS: 2_000, // rows of old versions that one transaction removes
  REMOVALS: 50, // such transactions in one run of the job
  DIFFERENCE_MS: 4_000, // for one statement that compares two versions
  NOTE_CHARS: 1_000,
  UNTOLD_SECONDS: 600, // a change of what the shop shows that other services know incompletely for longer is an alarm
  IMPORT_BYTES: 209_715_200, // of one file: 100,000 products with long descriptions
  IMPORT_PART_BYTES: 524_288, // of it in one message and one row of a table
  IMPORT_RECORD_BYTES: 524_288, // of one row of a file; a longer one has a quote that is not closed
  IMPORT_UNREADABLE_ROWS: 20, // rows with a quote that is not closed, each of which costs 50 ms; then the rest of the file is not read
  IMPORT_CHUNK_ROWS: 2_000, // rows of a file imported by one transaction, besides PRODUCT_BATCH_ROWS
  IMPORT_CHUNK_BYTES: 2_097_152, // of a file imported by one transaction
  IMPORT_ERRORS: 1_000, // faults stored of one import; further ones are only counted
  IMPORT_ERROR_CHARS: 500, // of one of them
  IMPORT_ROUND_MS: 3_000, // then a worker gives the rest of a file back to the queue
  IMPORT_UPLOAD_MINUTES: 60, // without a part; then what was received of a file is deleted
  IMPORT_DAYS: 30, // that the outcome of an import is kept
  IMPORTS_PER_SWEEP: 20, // deleted by one run of the job
  IMPORT_WORK: {
    concurrency: 1, // each holds the lock of the catalogue most of the time
    batch: 1,
    leaseMs: 10_000,
    pollMs: 1_000,
    timeoutMs: 8_000,
    backoffMs: 500,
    backoffCapMs: 30_000,
    maxAttempts: 120, // without any chunk that was imported: about an hour
  },
  EXPORT_PRODUCTS: 500, // read and sent at once
  EXPORT_COLUMNS: 500, // for attributes of products, and as many for those of variants; others share one column
  EXPORT_CURSOR_CHARS: 200_000, // holds the names of these columns
} as const;

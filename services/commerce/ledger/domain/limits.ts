/** The bounds of this service, each with its unit. */
export const ledgerLimits = {
  SUM_EVERY_MS: 2_000, // between two runs of the job that adds lines up; reports read the lines since
  SUM_ENTRIES: 10_000, // added up in one statement
  SUM_BATCHES: 50, // of these in one run: 250,000 entries a second, more than are posted
  WRITERS_WAIT_MS: 50, // between two looks whether transactions have ended that may still add an earlier entry
  WRITERS_LOOKS: 20, // then the next run tries again
  REPORT_MS: 5_000, // for each statement of a report
  PERIODS: 240, // months that are listed, the latest ones
  CLEARING_ACCOUNTS: 100, // of a reconciliation; a shop has a few providers
  PROVIDERS_MS: 6_000, // for the answers of all providers to a reconciliation
} as const;

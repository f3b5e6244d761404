/** The bounds of this service, each with its unit. */
export const reviewLimits = {
  TITLE_CHARS: 150,
  TEXT_CHARS: 5_000, // of a review, and of the answer to it
  AUTHOR_CHARS: 50,
  REASON_CHARS: 500,
  SHOUTED_LETTERS: 20, // a shorter title or text in capitals is a name or a size
  SHOUTED_PERCENT: 70, // capitals among the letters of a title or text
  SAME_CHARACTERS: 8, // in a row
  SAME_PHRASES: 4, // in a row
  PHRASE_WORDS: 12, // longest phrase that is looked for
  COPIED_LETTERS: 40, // a shorter text may be the same as another by accident
  RATINGS_SHARED: 20, // products whose ratings are read by a query together with other callers; more have a query of their own
} as const;

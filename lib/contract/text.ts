import { Type } from "typebox";

interface TextOptions {
  minLength?: number;
  description?: string;
  examples?: string[];
}

/** The schema of a text that is not blank. It has no NUL, which Postgres cannot store. */
export function Text(maxLength: number, options: TextOptions = {}) {
  return FormedText("a text that is not blank", "^\\s*[^\\s\\u0000][^\\u0000]*$", {
    minLength: 1,
    maxLength,
    ...options,
  });
}

/** The schema of a text that may be blank or empty. It has no NUL, which Postgres cannot store. */
export function TextOrEmpty(maxLength: number, options: TextOptions = {}) {
  return FormedText("a text without U+0000", "^[^\\u0000]*$", { maxLength, ...options });
}

/**
 * The schema of a text with a pattern.
 * @param form what the text is, for clients that have sent another one: it completes the sentence "It must be …", as in
 * `an email address`. The first example is added to it
 */
export function FormedText(form: string, pattern: string, options: TextOptions & { maxLength?: number } = {}) {
  return Type.String({ ...options, pattern, "x-form": form });
}

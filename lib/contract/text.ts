import { Type } from "typebox";

interface TextOptions {
  description?: string;
  examples?: string[];
}

/** The schema of a text that is not blank. It has no NUL, which Postgres cannot store. */
export function Text(maxLength: number, options: TextOptions = {}) {
  return Type.String({ minLength: 1, maxLength, pattern: "^\\s*[^\\s\\u0000][^\\u0000]*$", ...options });
}

/** The schema of a text that may be blank or empty. It has no NUL, which Postgres cannot store. */
export function TextOrEmpty(maxLength: number, options: TextOptions = {}) {
  return Type.String({ maxLength, pattern: "^[^\\u0000]*$", ...options });
}

import { validationError } from "./errors.ts";

/**
 * A moment that a client has sent: a day begins at midnight in UTC.
 * @throws DomainError VALIDATION_FAILED for one that no calendar or clock has
 */
export function momentOf(text: string, path: string): Date {
  const moment = new Date(text);
  const [day] = text.split("T");
  // The 31st of February would be taken for the 3rd of March.
  if (Number.isNaN(moment.getTime()) || !moment.toISOString().startsWith(`${day}`))
    throw validationError(undefined, [{ path, message: "must be a moment that exists" }]);
  return moment;
}

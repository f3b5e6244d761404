import { validationError } from "./errors.ts";
import { FormedText } from "./text.ts";

/** A day, or a moment in UTC. */
export const Moment = FormedText(
  "a day such as 2026-01-31 or a moment such as 2026-01-31T12:00:00.000Z",
  "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,3})?Z)?$",
  { examples: ["2026-01-31T12:00:00.000Z"] },
);

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

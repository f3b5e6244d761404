import type { ErrorCode } from "./errors.ts";
import type { ActionContract } from "./types.ts";

/** All codes that an action can fail with: those that its contract lists, and those that follow from the rest of it. */
export function errorsOf({ access, errors = [], formats, idempotent, params, rest }: ActionContract): ErrorCode[] {
  const codes = new Set<ErrorCode>(errors);
  const hasParams = "properties" in params && Object.keys(params.properties as object).length > 0;
  if (hasParams) codes.add("VALIDATION_FAILED");
  if (access.kind !== "anyone" && access.kind !== "internal") codes.add("UNAUTHENTICATED").add("FORBIDDEN");
  if (rest?.includes("/:") || access.kind === "owner" || access.kind === "internal") codes.add("NOT_FOUND");
  if (formats) codes.add("NOT_ACCEPTABLE");
  if (idempotent) codes.add("IDEMPOTENCY_KEY_REUSED").add("IDEMPOTENCY_IN_PROGRESS");
  return [...codes.add("SERVICE_UNAVAILABLE").add("INTERNAL")].sort();
}

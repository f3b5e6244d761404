import { timingSafeEqual } from "node:crypto";
import { DomainError } from "#lib/contract/errors.ts";
import { paymentLimits } from "../domain/limits.ts";

const HOUR_MS = 3_600_000;

/** @throws DomainError INVALID_SIGNATURE */
export function refuseSignature(detail = "The signature is not the provider's."): never {
  throw new DomainError("INVALID_SIGNATURE", detail);
}

/**
 * A notification carries the time of its event, and is repeated with it for days, so it may be that old.
 * @throws DomainError INVALID_SIGNATURE
 */
export function checkAge(sentAt: Date | undefined, now: Date): void {
  const ageMs = sentAt === undefined ? Number.NaN : Math.abs(now.getTime() - sentAt.getTime());
  if (!(ageMs <= paymentLimits.NOTIFICATION_REPEAT_HOURS * HOUR_MS)) refuseSignature("The notification is too old.");
}

/** The body as an object. @throws DomainError VALIDATION_FAILED */
export function readObject(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new DomainError("VALIDATION_FAILED", "The notification is not JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DomainError("VALIDATION_FAILED", "The notification is not an object.");
  }
  return value as Record<string, unknown>;
}

/** Compares in a time that does not tell how much is right. */
export function equalSignatures(expected: string, received: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(received)];
  return a.length === b.length && timingSafeEqual(a, b);
}

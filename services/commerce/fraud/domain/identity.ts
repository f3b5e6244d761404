import { madeAt } from "#lib/contract/ids.ts";

const HOUR_MS = 3_600_000;

/** Whether this is the id that a guest's orders have instead of a customer's. */
export function isGuestId(customerId: string): boolean {
  return customerId.startsWith("guest_");
}

/** How long ago an account was made, by its id; null for ids that do not say it, such as those of guests. */
export function accountAgeHours(customerId: string, now: Date): number | null {
  if (isGuestId(customerId)) return null;
  const made = madeAt(customerId);
  if (!made) return null;
  return Math.max(0, (now.getTime() - made.getTime()) / HOUR_MS);
}

/**
 * Whether a method belongs to one person, so that several customers with it are worth knowing: a method that the shop has
 * saved, or one that Stripe.js has made. The test methods of the documentation, and names of wallets, belong to nobody.
 */
export function isOwnMethod(paymentMethodId: string): boolean {
  return /^(pmeth_\w+|pm_[0-9A-Za-z]{16,})$/.test(paymentMethodId);
}

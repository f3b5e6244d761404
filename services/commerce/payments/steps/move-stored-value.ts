import type { Transaction } from "#lib/sql/transaction.ts";
import type { Decline, Payment } from "../domain/payment.ts";
import { accountsOf, afterEntry, entriesOf, refusalOf, type StoredValue } from "../domain/stored-value.ts";
import { lockStoredValue, type Movement, moveStoredValue } from "../stored-value.store.ts";

/** A payment that has parts, before a transaction and after it. A new payment has no `before`. */
export interface MovedPayment {
  paymentId: string;
  orderId: string;
  customerId: string;
  currency: string;
  before: Payment | undefined;
  after: Payment;
}

/**
 * Locks the accounts of payments that a transaction changes, and finds which new payments these accounts can pay. What
 * earlier payments release counts first, so that a payment can take the place of another.
 * @returns the entries to write, and why each new payment that is not covered is declined: by its id
 */
export async function planMovements(
  tx: Transaction,
  moved: readonly MovedPayment[],
): Promise<{ movements: Movement[]; declined: ReadonlyMap<string, Decline> }> {
  const accountIds = [...new Set(moved.flatMap((one) => accountsOf(one.after, one)))];
  const accounts = new Map((await lockStoredValue(tx, accountIds)).map((account) => [account.accountId, account]));
  const movements: Movement[] = [];
  const released = new Map<string, number>();
  const declined = new Map<string, Decline>();
  const known = moved.filter(({ before }) => before !== undefined);
  const begun = moved.filter(({ before }) => before === undefined);
  for (const one of [...known, ...begun]) {
    const entries = entriesOf(one.before, one.after, one);
    const decline = one.before ? undefined : refusalOfFirst(one, accounts, released);
    if (decline) {
      declined.set(one.paymentId, decline);
      continue;
    }
    for (const entry of entries) {
      const account = accounts.get(entry.accountId);
      if (account) accounts.set(entry.accountId, afterEntry(account, entry));
      if (entry.kind === "released") released.set(`${one.orderId} ${entry.accountId}`, -entry.reservedMinor);
      movements.push({ paymentId: one.paymentId, orderId: one.orderId, entry });
    }
  }
  return { movements, declined };
}

function refusalOfFirst(
  moved: MovedPayment,
  accounts: ReadonlyMap<string, StoredValue>,
  released: ReadonlyMap<string, number>,
): Decline | undefined {
  for (const [i, accountId] of accountsOf(moved.after, moved).entries()) {
    const amountMinor = moved.after.parts[i]?.amountMinor ?? 0;
    const refusal = refusalOf(accounts.get(accountId), amountMinor, released.get(`${moved.orderId} ${accountId}`) ?? 0);
    if (refusal) return refusal;
  }
  return undefined;
}

export function writeMovements(tx: Transaction, movements: readonly Movement[]): void {
  if (movements.length > 0) moveStoredValue(tx, movements);
}

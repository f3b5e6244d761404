import { toMajor } from "#lib/contract/money.ts";
import type { ResultOf } from "#lib/contract/types.ts";
import type { ledger } from "./contract.ts";
import { periodOf } from "./domain/period.ts";
import type { EntryRow } from "./entries.store.ts";

type EntryView = ResultOf<typeof ledger.actions.listEntries>["entries"][number];

interface Minor {
  debitMinor: number;
  creditMinor: number;
}

/** What was debited and credited, as the balance on the side on which it is. */
export function balanceView({ debitMinor, creditMinor }: Minor, currency: string) {
  const balance = debitMinor - creditMinor;
  return { debit: toMajor(Math.max(balance, 0), currency), credit: toMajor(Math.max(-balance, 0), currency) };
}

export function amountsView({ debitMinor, creditMinor }: Minor, currency: string) {
  return { debit: toMajor(debitMinor, currency), credit: toMajor(creditMinor, currency) };
}

/** What an entry is about, without what it is not. */
export function aboutView({ orderId, paymentId }: { orderId: string | null; paymentId: string | null }) {
  return { ...(orderId === null ? {} : { orderId }), ...(paymentId === null ? {} : { paymentId }) };
}

export function entryView(row: EntryRow): EntryView {
  const { entryId, eventId, eventType, topic, customerId, sellerId, currency, occurredAt, bookedAt, period } = row;
  const occurredIn = periodOf(occurredAt);
  return {
    ...{ entryId, eventId, eventType, topic, currency, period },
    ...aboutView(row),
    ...(customerId === null ? {} : { customerId }),
    ...(sellerId === null ? {} : { sellerId }),
    occurredAt: occurredAt.toISOString(),
    bookedAt: bookedAt.toISOString(),
    ...(occurredIn === period ? {} : { movedFrom: occurredIn }),
    lines: row.lines.map((line) => ({ account: line.account, ...amountsView(line, currency) })),
  };
}

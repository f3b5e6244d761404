import { createHash } from "node:crypto";
import type { Queryable } from "#lib/sql/transaction.ts";

export interface Transfer {
  /** Stays the same when the transfer is sent again: the provider makes one transfer of it. */
  key: string;
  iban: string;
  name: string;
  currency: string;
  amountMinor: number;
}

export type Sending = { kind: "sent"; reference: string } | { kind: "refused"; reason: string };

/** Sends money to the bank accounts of sellers. */
export interface PayoutProvider {
  /** @throws when it cannot be reached, or its answer is unknown: then it is asked again with the same key */
  send(transfer: Transfer, signal: AbortSignal): Promise<Sending>;
}

const REFUSED_END = "0000";

/** Sends nothing, and remembers it, for development and tests. It refuses accounts that end in 0000. */
export function testPayouts(db: Queryable): PayoutProvider {
  return {
    async send({ key, iban, currency, amountMinor }) {
      if (iban.endsWith(REFUSED_END)) return { kind: "refused", reason: "The account is closed." };
      const reference = `test_${createHash("sha256").update(key).digest("hex").slice(0, 16)}`;
      await db.query(
        `INSERT INTO test_transfer (key, reference, currency, amount_minor) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
        [key, reference, currency, amountMinor],
      );
      return { kind: "sent", reference };
    },
  };
}

import { setTimeout as sleep } from "node:timers/promises";
import { type ApiOptions, apiInspection } from "./api.ts";
import { Books, type Places } from "./books.ts";
import { consumedInspection, eventInspections, type Listeners } from "./events.ts";
import { Inquiry } from "./inquiry.ts";
import type { Finding, Inspection } from "./invariant.ts";
import { journalInspection } from "./journal-invariants.ts";
import { listenersOf } from "./listeners.ts";
import { ordersInspection } from "./orders.ts";
import { providerInspections } from "./provider.ts";
import { stockInspections } from "./stock.ts";

export interface VerifyOptions extends Places {
  /** Between the two looks. */
  graceSeconds?: number;
  /** Shown per invariant. */
  examples?: number;
  /** Dead letters, and whatever else is only worth knowing, break the invariant. */
  strict?: boolean;
  /** A gateway to read through. */
  api?: ApiOptions;
  /** File of what clients were told. */
  journal?: string;
  /** Who listens to what; absent: as the services say themselves. */
  listeners?: Listeners;
}

export const GRACE_SECONDS = 10; // a saga takes less than one; a node that was killed is back by then
export const EXAMPLES = 5;

/** There is no ledger yet. Once there is, this fails until it is taught to read it. */
const ledgerInspection: Inspection = {
  invariants: [{ name: "ledger.balanced", says: "The ledger sums to zero." }],
  reads: ["ledger"],
  optional: true,
  // biome-ignore lint/correctness/useYield: there is nothing to look at
  async *look() {
    throw new Error("There is a ledger, and nobody has told this command how to read it.");
  },
};

/**
 * Holds a running shop against its invariants, reading only. What looks wrong is looked at again a grace later, and
 * counts only if it is wrong in the same way: between two commits of a saga everything is half done.
 * @throws Error when there is no such shop; whatever else cannot be read is a finding
 */
export async function verify(options: VerifyOptions): Promise<Finding[]> {
  const { graceSeconds = GRACE_SECONDS, examples = EXAMPLES, strict = false, api, journal } = options;
  const listeners = options.listeners ?? (await listenersOf());
  const inspections = [
    ...stockInspections,
    ordersInspection,
    ...providerInspections,
    ledgerInspection,
    ...eventInspections,
    consumedInspection(listeners),
    ...(api ? [apiInspection(api)] : []),
    ...(journal ? [journalInspection(journal)] : []),
  ];
  const books = await Books.find(options);
  try {
    const inquiries = inspections.map((inspection) => new Inquiry(inspection));
    for (const inquiry of inquiries) await inquiry.look(books);
    if (inquiries.some(({ suspicious }) => suspicious)) await sleep(graceSeconds * 1_000);
    for (const inquiry of inquiries) await inquiry.lookAgain(books);
    return inquiries.flatMap((inquiry) => inquiry.findings(examples, strict));
  } finally {
    await books.close();
  }
}

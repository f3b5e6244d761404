import type { Charge } from "#services/commerce/payments/domain/charge.ts";
import type { PaymentProvider } from "#services/commerce/payments/providers/provider.ts";
import type { ReadOnlyDatabase } from "./databases.ts";
import type { Inspection, Invariant, Look, Suspect } from "./invariant.ts";

const DAYS = 7;
const DAY_MS = 86_400_000;
const LIST_MS = 300_000; // for one provider's whole list
const PAGE_ROWS = 500;
const CHARGES = 200_000; // of one provider

const listed: Invariant = {
  name: "provider.listed",
  says: `Of the last ${DAYS} days the payment providers' lists and our payments say the same.`,
};

interface Payment {
  paymentId: string;
  state: string;
  held: number;
  captured: number;
  refunded: number;
}

const IN_FLIGHT = new Set(["authorizing", "confirming", "capturing", "voiding", "refunding", "requires_action"]);

/** Compares our payments with what their providers list. The test provider's books are read where they are. */
export function chargesInspection(providers: readonly PaymentProvider[]): Inspection {
  return {
    invariants: [listed],
    reads: ["payments"],
    async *look(databases) {
      const payments = await databases.of("payments");
      const period = { from: new Date(Date.now() - DAYS * DAY_MS), until: new Date() };
      for (const provider of providers) {
        if (!provider.charges) continue;
        const page: Charge[] = [];
        let checked = 0;
        for await (const charge of provider.charges(period, AbortSignal.timeout(LIST_MS))) {
          page.push(charge);
          checked += 1;
          if (page.length === PAGE_ROWS) yield await compared(page.splice(0), payments, provider.name);
          if (checked > CHARGES) throw new Error(`${provider.name} lists more than ${CHARGES} charges.`);
        }
        yield await compared(page, payments, provider.name);
      }
    },
  };
}

async function compared(charges: readonly Charge[], payments: ReadOnlyDatabase, provider: string): Promise<Look> {
  const ours = charges.filter(({ paymentId }) => paymentId !== null);
  const rows = await payments.query<Payment>(
    `SELECT payment_id AS "paymentId", state, held_minor - least(held_minor, greatest(0, stored_minor - captured_minor)) AS held,
            greatest(0, captured_minor - stored_minor) AS captured, refunded_minor - stored_refunded_minor AS refunded
     FROM payment WHERE payment_id = ANY ($1)`,
    [ours.map(({ paymentId }) => paymentId)],
  );
  const byId = new Map(rows.map((payment) => [payment.paymentId, payment]));
  const suspects = ours.flatMap((charge) => differenceOf(charge, byId.get(charge.paymentId ?? ""), provider) ?? []);
  return { invariant: listed.name, checked: ours.length, suspects };
}

/** A charge without money is that of a declined payment, or of a released one. */
function differenceOf(charge: Charge, payment: Payment | undefined, provider: string): Suspect | undefined {
  const { reference, heldMinor: held, capturedMinor: captured, refundedMinor: refunded } = charge;
  const theirs = `${provider} says of ${reference}: held ${held}, captured ${captured}, refunded ${refunded}`;
  if (!payment)
    return held > 0 || captured > refunded ? { id: reference, wrong: `${theirs}; no payment knows it` } : undefined;
  if (IN_FLIGHT.has(payment.state)) return undefined; // the outcome is still asked for; an alarm counts those that stay so
  const same = payment.held <= held && payment.captured === captured && payment.refunded === refunded;
  if (same) return undefined;
  const { paymentId, state } = payment;
  const wrong = `${theirs}; the payment is ${state}: held ${payment.held}, captured ${payment.captured}, refunded ${payment.refunded}`;
  return { id: paymentId, wrong };
}

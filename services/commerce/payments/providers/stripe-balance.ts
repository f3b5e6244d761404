import type Stripe from "stripe";
import type { Held, Movement } from "./provider.ts";
import { fromStripe } from "./stripe-amounts.ts";

const PAGE = 100; // Stripe's maximum
const ID_CHARS = 64;
const FEES: ReadonlySet<string> = new Set(["stripe_fee", "stripe_fx_fee", "tax_fee"]);

/** What Stripe holds: what may be paid out, and what will be. */
export async function stripeHeld(stripe: Stripe): Promise<Held[]> {
  const { available, pending } = await stripe.balance.retrieve();
  const sums = new Map<string, number>();
  for (const { amount, currency } of [...available, ...pending]) {
    const code = currency.toUpperCase();
    sums.set(code, (sums.get(code) ?? 0) + fromStripe(amount, code));
  }
  return [...sums].map(([currency, amountMinor]) => ({ currency, amountMinor }));
}

/**
 * Fees and payouts among everything that has changed the balance. Stripe takes most fees from what they are for. What goes
 * the other way, such as a payout that came back, is no movement here: it shows in the reconciliation, for a person.
 */
export async function* stripeMovements(
  stripe: Stripe,
  { from, until }: { from: Date; until: Date },
  signal: AbortSignal,
): AsyncGenerator<Movement> {
  const created = { gte: secondsOf(from), lt: Math.ceil(until.getTime() / 1_000) };
  for await (const transaction of stripe.balanceTransactions.list({ created, limit: PAGE, expand: ["data.source"] })) {
    signal.throwIfAborted();
    yield* movementsFrom(transaction);
  }
}

function movementsFrom(transaction: Stripe.BalanceTransaction): Movement[] {
  const { id, type, amount, fee, source } = transaction;
  const currency = transaction.currency.toUpperCase();
  const minor = (units: number) => fromStripe(units, currency);
  const movements: Movement[] = [];
  if (fee > 0)
    movements.push({ kind: "fee", movementId: `${id}_fee`, currency, amountMinor: minor(fee), ...about(source) });
  if (amount < 0 && FEES.has(type))
    movements.push({ kind: "fee", movementId: id, currency, amountMinor: minor(-amount) });
  if (amount < 0 && type === "payout")
    movements.push({ kind: "payout", movementId: id, currency, amountMinor: minor(-amount) });
  return movements;
}

/** A charge has the metadata of its intent. Those of others in the same account have others, or none. */
function about(source: Stripe.BalanceTransaction["source"]): Pick<Movement, "paymentId" | "orderId"> {
  const metadata = typeof source === "object" && source !== null && "metadata" in source ? source.metadata : null;
  const { paymentId = "", orderId = "" } = metadata ?? {};
  const isId = (text: string) => text.length > 0 && text.length <= ID_CHARS;
  return { ...(isId(paymentId) ? { paymentId } : {}), ...(isId(orderId) ? { orderId } : {}) };
}

function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1_000);
}

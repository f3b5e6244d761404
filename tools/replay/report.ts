import { type Books, totalsOf } from "./books.ts";
import { SKIP_REASONS } from "./lines.ts";
import { CURRENCY, formatPence } from "./pence.ts";
import type { Plan } from "./plan.ts";
import type { Outcome } from "./run.ts";

/** Unpaid orders named in the one line that says what is wrong. */
const NAMED = 3;

/** What a run came to, as a short table. */
export function table(plan: Plan, { summary, replayed }: Outcome): string {
  const skipped = SKIP_REASONS.filter((reason) => summary.skipped[reason] > 0);
  const rows: [string, string][] = [
    ["invoices", `${summary.invoices}, ${plan.lines} lines`],
    ["lines skipped", skipped.map((reason) => `${reason} ${summary.skipped[reason]}`).join(", ") || "none"],
    ["orders", `${summary.orders}, ${replayed} of them known to the shop before`],
    ["paid", `${summary.paid}`],
    ["revenue, shop", `${formatPence(summary.revenueShopMinor)} ${summary.currency}`],
    [
      plan.lists || plan.promotions ? "revenue, expected" : "revenue, file",
      `${formatPence(summary.revenueFileMinor)} ${summary.currency}`,
    ],
    ...(plan.lists ?? []).map(({ code, lines, reducedMinor }): [string, string] => [
      code,
      `${lines} lines, ${formatPence(reducedMinor)} ${summary.currency} less than in the file`,
    ]),
    ...(plan.promotions ?? []).map(({ name, orders, discountMinor }): [string, string] => [
      name,
      `${orders} orders, ${formatPence(discountMinor)} ${summary.currency} off`,
    ]),
    ...(plan.sellers ?? []).map(({ name, grossMinor, commissionMinor }): [string, string] => [
      name,
      `${formatPence(grossMinor)} ${summary.currency} sold, ${formatPence(commissionMinor)} of it commission`,
    ]),
    ["orders per second", `${summary.ordersPerSecond}`],
    ["placing to paid", `p50 ${summary.p50Ms} ms, p95 ${summary.p95Ms} ms, p99 ${summary.p99Ms} ms`],
  ];
  return aligned(rows);
}

/** What the shop's books say, as a short table. */
export function booksTable({ orders, balances, statements }: Books): string {
  const { soldMinor, heldMinor } = totalsOf(balances);
  return aligned([
    ["invoices, PDFs", `${count(orders, "invoiceMinor")}, ${count(orders, "pdfMinor")}`],
    ["orders credited", `${orders.filter(({ creditedMinor }) => creditedMinor > 0).length}`],
    ["statements", `${statements.length}`],
    ["sold less refunds", `${formatPence(soldMinor)} ${CURRENCY}`],
    ["with the provider", `${formatPence(heldMinor)} ${CURRENCY}`],
    ["trial balance", `${balances.size} accounts`],
  ]);
}

function count(orders: Books["orders"], amount: "invoiceMinor" | "pdfMinor"): number {
  return orders.filter((order) => order[amount] !== undefined).length;
}

function aligned(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([name, value]) => `${name.padEnd(18)} ${value}`).join("\n");
}

/** One line saying what is wrong, or nothing when every order is paid and both discounts and revenues are equal. */
export function complaint(plan: Plan, { summary, unpaid, misjudged, miscredited }: Outcome): string | undefined {
  const orders = (some: readonly string[], what: string) => {
    const named = some.slice(0, NAMED).join("; ");
    const more = some.length > NAMED ? `; and ${some.length - NAMED} more` : "";
    return `${some.length} of ${plan.orders.length} orders ${what}: ${named}${more}`;
  };
  if (unpaid.length > 0) return orders(unpaid, "are not paid");
  if (misjudged.length > 0) return orders(misjudged, "have other discounts");
  if (miscredited.length > 0) return miscredited.join("; ");
  const difference = summary.revenueShopMinor - summary.revenueFileMinor;
  if (difference === 0) return undefined;
  return `the shop's revenue differs from the file's by ${formatPence(difference)} ${summary.currency}`;
}

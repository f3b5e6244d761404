import { toMajor } from "#lib/contract/money.ts";
import { causedBy, type EventEnvelope } from "#lib/events/envelope.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { categoriesOf, rulesFor } from "../commission.store.ts";
import { sellers } from "../contract.ts";
import { commissionOf } from "../domain/commission.ts";
import { dueOf, type SellerLine, type Share } from "../domain/sale.ts";
import {
  creditSale,
  insertSales,
  type NewSale,
  noteMoney,
  paidSales,
  reverseSale,
  type StoredSale,
} from "../sales.store.ts";
import { applyPieces } from "./apply-pieces.ts";

/** What an event says about an order. */
export type Told = { orderId: string } & (
  | { kind: "ordered"; customerId: string; currency: string; totalMinor: number; lines: readonly SellerLine[] }
  | { kind: "paid" }
  | { kind: "cancelled" }
  | { kind: "refunded"; refundedMinor: number }
);

interface Item {
  event: EventEnvelope;
  intent: Told;
}

/** Applies what events say about orders: first to their pieces, and then to the money of their sellers. */
export async function applyTold(
  ctx: Pick<ServiceContext, "signal" | "env">,
  tx: Transaction,
  items: readonly Item[],
): Promise<void> {
  const told = items.map(({ intent }) => intent);
  const sold = told.filter((one) => one.kind === "ordered").filter(({ lines }) => lines.length > 0);
  const known = await applyPieces(
    ctx,
    tx,
    told.map((one) => ({ orderId: one.orderId, event: one.kind === "refunded" ? undefined : one.kind })),
    sold.map(({ orderId }) => orderId),
  );
  if (known.size === 0) return;
  if (sold.length > 0) await addSales(tx, sold);
  noteMoney(
    tx,
    told.flatMap(({ kind, orderId }) => (kind === "paid" ? [orderId] : [])),
    told.filter((one) => one.kind === "refunded"),
  );
  const causes = new Map(items.map(({ event, intent }) => [intent.orderId, causedBy(event)]));
  for (const sale of await paidSales(tx, [...known.keys()])) {
    const cause = causes.get(sale.orderId);
    book(ctx, cause ? tx.because(cause) : tx, sale);
  }
}

async function addSales(tx: Transaction, orders: readonly Extract<Told, { kind: "ordered" }>[]): Promise<void> {
  const lines = orders.flatMap((order) => order.lines);
  const categories = await categoriesOf(tx, [...new Set(lines.map(({ sku }) => sku))]);
  const rules = await rulesFor(
    tx,
    [...new Set(lines.map(({ sellerId }) => sellerId))],
    [...new Set([...categories.values()].flat())],
  );
  const sales = orders.flatMap(({ orderId, customerId, currency, lines: own }) =>
    [...Map.groupBy(own, ({ sellerId }) => sellerId)].map(([sellerId, ofSeller]): NewSale => {
      const commissions = ofSeller.map(({ sku, grossMinor }) =>
        commissionOf({ sellerId, grossMinor, currency, categories: categories.get(sku) ?? [] }, rules),
      );
      const grossMinor = sum(ofSeller.map((line) => line.grossMinor));
      return { orderId, customerId, currency, sellerId, grossMinor, commissionMinor: sum(commissions) };
    }),
  );
  insertSales(tx, sales, orders);
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

function book({ env }: Pick<ServiceContext, "env">, tx: Transaction, sale: StoredSale): void {
  const { credit, reverse } = dueOf(sale.order, sale);
  if (credit) {
    creditSale(tx, sale, credit, env.SELLER_HOLD_DAYS);
    tx.emit(sellers.events.SaleCredited, shareData(sale, credit));
  }
  if (reverse) {
    reverseSale(tx, sale, reverse);
    tx.emit(sellers.events.SaleReversed, shareData(sale, reverse));
  }
}

function shareData({ orderId, sellerId, currency }: StoredSale, { grossMinor, commissionMinor }: Share) {
  const major = (minor: number) => toMajor(minor, currency);
  return {
    ...{ orderId, sellerId, currency },
    ...{ gross: major(grossMinor), commission: major(commissionMinor), net: major(grossMinor - commissionMinor) },
  };
}

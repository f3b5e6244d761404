import { setTimeout as sleep } from "node:timers/promises";
import { inflateSync } from "node:zlib";
import { asObjects, asText, type Json } from "./json.ts";
import { addPence, CURRENCY, formatPence, fromAmount, parsePence } from "./pence.ts";
import type { Plan } from "./plan.ts";
import { pool } from "./pool.ts";
import type { Progress } from "./progress.ts";
import type { Placed } from "./run.ts";
import type { Session } from "./session.ts";
import type { Shop } from "./shop.ts";
import { type Tax, taxCredited, taxIn } from "./tax.ts";

/** Longest that the books may be behind the payments, and time between two looks, in milliseconds. */
const BEHIND_MS = 120_000;
const LOOK_MS = 500;
/** Most parts of one list that are read. */
const PARTS = 10_000;
/** Most lines about differences. */
const NAMED = 20;

/** The books of a month as far as one order is concerned, in pence. Absent: there is no such document. */
export interface OrderBooks {
  key: string;
  invoiceMinor?: number | undefined;
  /** What the electronic invoice inside the PDF says. */
  pdfMinor?: number | undefined;
  creditedMinor: number;
  /** The taxes of the invoice and of its credit notes. */
  taxMinor: number;
  creditedTaxMinor: number;
}

/** Debit less credit, by account. */
export type Balances = ReadonlyMap<string, number>;

export interface Statement {
  customer: string;
  debitMinor: number;
  closingMinor: number;
}

export interface Books {
  orders: readonly OrderBooks[];
  balances: Balances;
  statements: readonly Statement[];
}

/** Refunds what the file's customers have returned, then reads the shop's books. */
export async function keepBooks(
  plan: Plan,
  placed: readonly Placed[],
  shop: Shop,
  staff: Session,
  concurrency: number,
  progress: Progress,
): Promise<Books> {
  const orderIds = new Map(placed.map(({ key, orderId }) => [key, orderId]));
  progress.begin("refunds", plan.refunds.length);
  await pool(plan.refunds, concurrency, async (refund) => {
    const orderId = orderIds.get(refund.order);
    if (orderId !== undefined) await shop.refund(staff, orderId, refund);
    progress.step();
  });
  progress.end();
  const balances = await settledBalances(plan, shop, staff);

  const orders: OrderBooks[] = [];
  progress.begin("invoices and credit notes", placed.length);
  await pool(placed, concurrency, async ({ key, orderId, customer: { session } }) => {
    orders.push(await readOrderBooks(shop, session, key, orderId));
    progress.step();
  });
  progress.end();

  const statements: Statement[] = [];
  const customers = new Map(plan.orders.map(({ key, customer }) => [key, customer]));
  const accounts = new Map(placed.map(({ key, customer }) => [customers.get(key) ?? "", customer.customerId]));
  progress.begin("statements", accounts.size);
  await pool([...accounts], concurrency, async ([customer, customerId]) => {
    statements.push({ customer, ...(await readStatement(shop, staff, `customer:${customerId}`)) });
    progress.step();
  });
  progress.end();
  return { orders, balances, statements };
}

/** What shop and file say otherwise, a line for each difference. */
export function bookDifferences(
  { orders, refunds }: Pick<Plan, "orders" | "refunds">,
  books: Books,
  tax?: Tax,
): string[] {
  const wrong: string[] = [];
  const differs = (what: string, shopMinor: number | undefined, fileMinor: number) => {
    if (shopMinor === fileMinor) return;
    wrong.push(
      `${what}: ${shopMinor === undefined ? "nothing" : formatPence(shopMinor)}, file ${formatPence(fileMinor)}`,
    );
  };
  const refunded = sums(refunds.map(({ order, amountMinor }) => [order, amountMinor]));
  const invoiced = new Map(orders.map((order) => [order.key, goodsOf(order)]));
  for (const { key, invoiceMinor, pdfMinor, creditedMinor } of books.orders) {
    differs(`invoice of ${key}`, invoiceMinor, invoiced.get(key) ?? 0);
    differs(`PDF of ${key}`, pdfMinor, invoiced.get(key) ?? 0);
    differs(`credit notes of ${key}`, creditedMinor, refunded.get(key) ?? 0);
  }
  if (tax) taxDifferences(tax, books, invoiced, differs);
  const moved = sums(
    orders.map(({ key, customer }) => [customer, (invoiced.get(key) ?? 0) + (refunded.get(key) ?? 0)]),
  );
  for (const { customer, debitMinor, closingMinor } of books.statements) {
    const name = `statement of customer ${customer || "without a number"}`;
    differs(name, debitMinor, moved.get(customer) ?? 0);
    differs(`${name}, closing balance`, closingMinor, 0);
  }
  const { soldMinor, heldMinor } = totalsOf(books.balances);
  const keptMinor = expectedMinor({ orders, refunds });
  differs("sales and taxes less refunds", soldMinor, keptMinor);
  differs("money with the payment provider", heldMinor, keptMinor);
  differs("trial balance", [...books.balances.values()].reduce(addPence, 0), 0);
  return wrong.slice(0, NAMED);
}

/** Every tax of every document, and the account of the tax: each to the penny. */
function taxDifferences(
  tax: Tax,
  { orders, balances }: Books,
  invoiced: ReadonlyMap<string, number>,
  differs: (what: string, shopMinor: number | undefined, fileMinor: number) => void,
): void {
  let owedMinor = 0;
  for (const { key, creditedMinor, taxMinor, creditedTaxMinor } of orders) {
    const grossMinor = invoiced.get(key) ?? 0;
    const dueMinor = taxIn(grossMinor, tax);
    const backMinor = taxCredited(dueMinor, creditedMinor, grossMinor);
    differs(`tax in the invoice of ${key}`, taxMinor, dueMinor);
    differs(`tax in the credit notes of ${key}`, creditedTaxMinor, backMinor);
    owedMinor = addPence(owedMinor, dueMinor - backMinor);
  }
  differs(`account tax:${tax.name}`, -(balances.get(`tax:${tax.name}`) ?? 0), owedMinor);
}

/** The revenue of the file less what was returned. */
function expectedMinor({ orders, refunds }: Pick<Plan, "orders" | "refunds">): number {
  const revenueMinor = orders.map(goodsOf).reduce(addPence, 0);
  return refunds.map(({ amountMinor }) => -amountMinor).reduce(addPence, revenueMinor);
}

function goodsOf({ items }: Plan["orders"][number]): number {
  return items.reduce((sum, { priceMinor, quantity }) => addPence(sum, priceMinor * quantity), 0);
}

function sums(amounts: readonly (readonly [string, number])[]): Map<string, number> {
  const summed = new Map<string, number>();
  for (const [key, amount] of amounts) summed.set(key, addPence(summed.get(key) ?? 0, amount));
  return summed;
}

export function totalsOf(balances: Balances): { soldMinor: number; heldMinor: number } {
  let [soldMinor, heldMinor] = [0, 0];
  for (const [account, balance] of balances) {
    if (/^(sales|shipping|refunds|tax:.*)$/.test(account)) soldMinor = addPence(soldMinor, -balance);
    if (account.startsWith("clearing:")) heldMinor = addPence(heldMinor, balance);
  }
  return { soldMinor, heldMinor };
}

/** The books follow the payments. Waits until they say what the file says, or for as long as they may be behind. */
async function settledBalances(plan: Plan, shop: Shop, staff: Session): Promise<Balances> {
  const keptMinor = expectedMinor(plan);
  const deadline = performance.now() + BEHIND_MS;
  for (;;) {
    const { accounts } = await shop.read(staff, `/ledger/trial-balance?currency=${CURRENCY}`);
    const balances = new Map(asObjects(accounts).map((row) => [asText(row.account, "account"), balanceOf(row)]));
    const { soldMinor, heldMinor } = totalsOf(balances);
    if ((soldMinor === keptMinor && heldMinor === keptMinor) || performance.now() > deadline) return balances;
    await sleep(LOOK_MS);
  }
}

function balanceOf({ debit, credit }: Json): number {
  return addPence(fromAmount(debit), -fromAmount(credit));
}

async function readOrderBooks(shop: Shop, session: Session, key: string, orderId: string): Promise<OrderBooks> {
  const path = `/orders/${orderId}/invoice`;
  const { total, tax } = await shop.read(session, path);
  const pdf = await shop.readPdf(session, path);
  const { creditNotes } = await shop.read(session, `/orders/${orderId}/credit-notes?limit=100`);
  return {
    key,
    invoiceMinor: fromAmount(total),
    pdfMinor: totalInPdf(pdf),
    creditedMinor: asObjects(creditNotes).reduce((sum, note) => addPence(sum, fromAmount(note.total)), 0),
    taxMinor: taxOf(tax),
    creditedTaxMinor: asObjects(creditNotes).reduce((sum, note) => addPence(sum, taxOf(note.tax)), 0),
  };
}

function taxOf(taxes: unknown): number {
  return asObjects(taxes).reduce((sum, { amount }) => addPence(sum, fromAmount(amount)), 0);
}

/** Reads a whole statement, part by part. */
async function readStatement(shop: Shop, staff: Session, account: string) {
  let debitMinor = 0;
  let closingMinor = 0;
  let cursor = "";
  for (let part = 0; part < PARTS; part++) {
    const query = `currency=${CURRENCY}&limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const statement = await shop.read(staff, `/ledger/accounts/${account}/statement?${query}`);
    for (const line of asObjects(statement.lines)) debitMinor = addPence(debitMinor, fromAmount(line.debit));
    closingMinor = balanceOf(statement.closing as Json);
    const next = (statement.pagination as Json).next;
    if (typeof next !== "string") return { debitMinor, closingMinor };
    cursor = next;
  }
  throw new Error(`the statement of ${account} has more than ${PARTS} parts`);
}

/** The grand total that the electronic invoice (EN 16931) embedded in a PDF says; undefined when there is none. */
export function totalInPdf(pdf: Buffer): number | undefined {
  for (let from = pdf.indexOf("stream\n"); from >= 0; from = pdf.indexOf("stream\n", from + 1)) {
    const xml = inflated(pdf.subarray(from + "stream\n".length));
    const [, total] = /<ram:GrandTotalAmount>([\d.]+)</.exec(xml) ?? [];
    if (total !== undefined) return parsePence(total);
  }
  return undefined;
}

function inflated(bytes: Buffer): string {
  try {
    return inflateSync(bytes, { finishFlush: 2 }).toString(); // what follows the stream is not of it
  } catch {
    return "";
  }
}

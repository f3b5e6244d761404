import type { CallParams } from "#lib/contract/types.ts";
import type { Formats } from "./format.ts";
import { BOTTOM, FOOT, LEFT, MM, PAGE, RIGHT } from "./page.ts";
import { INK, type Pen, type Style } from "./pen.ts";

type Statement = CallParams<"billing.renderStatement">;

interface Shop {
  name: string;
  country: string;
}

/** The statement of a seller, and the shop that it is of. */
export type PrintedStatement = Statement & { shop: Shop };

export function isStatement(document: object): document is PrintedStatement {
  return "sellerName" in document;
}

const TABLE = 78 * MM; // where the first line is
const NEXT_TABLE = 32 * MM; // on the pages after the first
const COLUMNS = { date: LEFT, what: LEFT + 22 * MM, gross: LEFT + 107 * MM, commission: LEFT + 136 * MM, net: RIGHT };
const ROW = 15; // points from line to line
const MUTED: Style = { color: INK.muted };
const HEAD: Style = { font: "medium", size: 8, color: INK.muted };
const SMALL: Style = { size: 7.5, color: INK.muted };
const FIGURES: Style = { tabular: true };
const BOLD: Style = { font: "bold", tabular: true };

const KINDS: Record<Statement["lines"][number]["kind"], string> = {
  sale: "Sale",
  refund: "Refund",
  payout: "Payout",
  payout_returned: "Payout that failed",
};

/** Draws a statement on pages: the balance before, each entry, the sums, and the balance after. */
export function drawStatement(pen: Pen, statement: Statement, shop: Shop, formats: Formats): void {
  const { opening, closing, lines, totals, omitted } = statement;
  drawTop(pen, statement, shop, formats);
  let y = drawHead(pen, statement, TABLE);
  const next = (rows: number) => {
    if (y + rows * ROW <= BOTTOM) return;
    addPage(pen);
    pen.text(statement.sellerName, LEFT, 17 * MM, { font: "bold", size: 10, color: INK.accent });
    pen.textRight(`Statement ${statement.period}`, RIGHT, 17.4 * MM, MUTED);
    y = drawHead(pen, statement, NEXT_TABLE);
  };
  const row = (texts: Partial<Record<keyof typeof COLUMNS | "id", string>>, style: Style = FIGURES) => {
    next(1);
    if (texts.date !== undefined) pen.text(texts.date, COLUMNS.date, y, style);
    if (texts.what !== undefined) pen.text(texts.what, COLUMNS.what, y, style);
    if (texts.id !== undefined) pen.text(texts.id, COLUMNS.what + pen.width(`${texts.what} `, style), y + 1.5, SMALL);
    for (const column of ["gross", "commission", "net"] as const)
      if (texts[column] !== undefined) pen.textRight(texts[column], COLUMNS[column], y, style);
    y += ROW;
  };
  row({ what: "Balance before", net: formats.amount(opening) }, BOLD);
  for (const { at, kind, orderId, payoutId, gross, commission, net } of lines)
    row({
      date: formats.date(at),
      what: KINDS[kind],
      id: orderId ?? payoutId ?? "",
      ...(gross === undefined ? {} : { gross: formats.amount(gross) }),
      ...(commission === undefined ? {} : { commission: formats.amount(commission) }),
      net: formats.amount(net),
    });
  if (omitted !== undefined) row({ what: `${formats.quantity(omitted)} further entries are in the sums only` }, MUTED);
  next(5);
  pen.rule(y, LEFT, RIGHT, INK.text, 0.8);
  y += ROW / 2;
  const { gross, commission, net, paidOut } = totals;
  row({
    what: "Sales less refunds",
    ...{ gross: formats.amount(gross), commission: formats.amount(commission), net: formats.amount(net) },
  });
  row({ what: "Paid out", net: formats.amount(-paidOut) });
  pen.rule(y, LEFT, RIGHT, INK.accent, 1.2);
  y += ROW / 2;
  row({ what: "Balance after", net: formats.money(closing) }, { ...BOLD, size: 11 });
  numberPages(pen, shop);
}

function addPage(pen: Pen): void {
  pen.doc.addPage({ size: [PAGE.width, PAGE.height], margin: 0 });
}

function drawTop(pen: Pen, statement: Statement, shop: Shop, formats: Formats): void {
  const { sellerId, sellerName, period, currency } = statement;
  addPage(pen);
  pen.text(shop.name, LEFT, 19 * MM, { font: "bold", size: 17, color: INK.accent });
  pen.rule(30 * MM, LEFT, RIGHT, INK.accent, 1.2);
  pen.text("Statement", LEFT, 37 * MM, { font: "bold", size: 20 });
  const [year = 1970, month = 1] = period.split("-").map(Number);
  const last = new Date(Date.UTC(year, month, 0)).toISOString();
  const facts = [
    ["Seller", pen.lines(sellerName, 120 * MM, {}, 1)[0] ?? ""],
    ["Seller id", sellerId],
    ["Period", `${formats.date(`${period}-01T00:00:00Z`)} – ${formats.date(last)} (UTC)`],
    ["Currency", currency],
  ] as const;
  for (const [at, [label, value]] of facts.entries()) {
    pen.text(label, LEFT, 50 * MM + at * ROW, MUTED);
    pen.text(value, LEFT + 28 * MM, 50 * MM + at * ROW, FIGURES);
  }
}

/** @returns where the first line is */
function drawHead(pen: Pen, { currency }: Statement, y: number): number {
  pen.text("Date", COLUMNS.date, y, HEAD);
  pen.text("Entry", COLUMNS.what, y, HEAD);
  pen.textRight("Gross", COLUMNS.gross, y, HEAD);
  pen.textRight("Commission", COLUMNS.commission, y, HEAD);
  pen.textRight(`Net (${currency})`, COLUMNS.net, y, HEAD);
  pen.rule(y + 14, LEFT, RIGHT, INK.text, 0.8);
  return y + 20;
}

/** The foot of each page, once it is known how many there are. */
function numberPages(pen: Pen, shop: Shop): void {
  const { start, count } = pen.doc.bufferedPageRange();
  for (let page = start; page < start + count; page++) {
    pen.doc.switchToPage(page);
    pen.rule(FOOT, LEFT, RIGHT);
    pen.text(shop.name, LEFT, FOOT + 7, SMALL);
    pen.textRight(`Page ${page - start + 1} of ${count}`, RIGHT, FOOT + 7, SMALL);
  }
}

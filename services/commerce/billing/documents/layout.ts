import type { Formats } from "./format.ts";
import { BOTTOM, FOOT, LEFT, MM, PAGE, RIGHT } from "./page.ts";
import { INK, type Pen, type Style } from "./pen.ts";
import {
  addressLines,
  discountNotes,
  factsOf,
  isCreditNote,
  type PrintedDocument,
  paymentNote,
  paymentOf,
  taxNotes,
  titleOf,
  totalsOf,
} from "./wording.ts";

/** The window of an envelope, folded as DIN 5008 form B says: the address is behind it. */
const WINDOW = { sender: 50.5 * MM, address: 57 * MM, width: 80 * MM, lines: 7, line: 13 };
const FACTS = { left: 125 * MM, top: 50.5 * MM };
const TITLE = 100 * MM;
const TABLE = 116 * MM;
const NEXT_TABLE = 32 * MM; // on the pages after the first
const COLUMNS = { item: LEFT, quantity: LEFT + 100 * MM, price: LEFT + 132 * MM, total: RIGHT };
const ITEM_WIDTH = 84 * MM;
const LINE = 12; // points from line to line of normal text
const ROW_GAP = 5;
const TITLE_LINES = 6; // a title of 200 wide letters has no more

const SMALL: Style = { size: 7.5, color: INK.muted };
const MUTED: Style = { color: INK.muted };
const ADDRESS: Style = { size: 10 };
const BOLD: Style = { font: "bold" };
const FIGURES: Style = { tabular: true };

/** Draws a document on pages. Everything is where it is by its contents alone, so equal documents have equal bytes. */
export class Layout {
  readonly #pen: Pen;
  readonly #document: PrintedDocument;
  readonly #formats: Formats;
  #y = 0;

  constructor(pen: Pen, document: PrintedDocument, formats: Formats) {
    this.#pen = pen;
    this.#document = document;
    this.#formats = formats;
  }

  draw(): void {
    this.#firstPage();
    this.#tableHead(TABLE);
    for (const line of this.#document.lines) this.#row(line);
    this.#totals();
    this.#payments();
    this.#numberPages();
  }

  #firstPage(): void {
    const { seller, buyer } = this.#document;
    const pen = this.#pen;
    this.#addPage();
    pen.text(seller.name, LEFT, 19 * MM, { font: "bold", size: 17, color: INK.accent });
    if (seller.email !== undefined) pen.textRight(seller.email, RIGHT, 22 * MM, MUTED);
    pen.rule(30 * MM, LEFT, RIGHT, INK.accent, 1.2);
    const sender = [seller.name, ...addressLines(seller.address, seller.address.country, this.#formats)].join(" · ");
    pen.text(pen.lines(sender, WINDOW.width, { size: 6.5 }, 1)[0] ?? "", LEFT, WINDOW.sender, { ...SMALL, size: 6.5 });
    const recipient = [buyer.name, ...addressLines(buyer.address, seller.address.country, this.#formats)];
    const lines = recipient.flatMap((text) => pen.lines(text, WINDOW.width, ADDRESS, 3));
    for (const [i, text] of lines.slice(0, WINDOW.lines).entries()) {
      pen.text(text, LEFT, WINDOW.address + i * WINDOW.line, ADDRESS);
    }
    for (const [i, [label, value]] of factsOf(this.#document, this.#formats).entries()) {
      pen.text(label, FACTS.left, FACTS.top + i * 15, MUTED);
      pen.textRight(value, RIGHT, FACTS.top + i * 15, i === 0 ? { ...BOLD, ...FIGURES } : FIGURES);
    }
    pen.text(titleOf(this.#document), LEFT, TITLE, { font: "bold", size: 20 });
  }

  #addPage(): void {
    this.#pen.doc.addPage({ size: [PAGE.width, PAGE.height], margin: 0 });
  }

  /** A page after the first one repeats what the document is, and the head of the table. */
  #nextPage(withHead: boolean): void {
    this.#addPage();
    const { number, seller } = this.#document;
    this.#pen.text(seller.name, LEFT, 17 * MM, { font: "bold", size: 10, color: INK.accent });
    this.#pen.textRight(`${titleOf(this.#document)} ${number}`, RIGHT, 17.4 * MM, MUTED);
    this.#pen.rule(23 * MM, LEFT, RIGHT, INK.accent, 0.8);
    if (withHead) this.#tableHead(NEXT_TABLE);
    else this.#y = NEXT_TABLE;
  }

  #tableHead(y: number): void {
    const pen = this.#pen;
    const head: Style = { font: "medium", size: 8, color: INK.muted };
    pen.text("Item", COLUMNS.item, y, head);
    pen.textRight("Quantity", COLUMNS.quantity, y, head);
    pen.textRight("Unit price", COLUMNS.price, y, head);
    pen.textRight(`Amount (${this.#document.currency})`, COLUMNS.total, y, head);
    pen.rule(y + 14, LEFT, RIGHT, INK.text, 0.8);
    this.#y = y + 14 + ROW_GAP;
  }

  #row({ title, sku, quantity, unitPrice, discount, total }: PrintedDocument["lines"][number]): void {
    const pen = this.#pen;
    const lines = pen.lines(title, ITEM_WIDTH, {}, TITLE_LINES);
    const skuLine = sku === undefined ? [] : pen.lines(sku, ITEM_WIDTH, SMALL, 2);
    const height = (lines.length + Math.max(skuLine.length, discount === undefined ? 0 : 1)) * LINE + ROW_GAP;
    if (this.#y + height > BOTTOM) this.#nextPage(true);
    const y = this.#y;
    for (const [i, text] of lines.entries()) pen.text(text, COLUMNS.item, y + i * LINE);
    for (const [i, text] of skuLine.entries()) pen.text(text, COLUMNS.item, y + (lines.length + i) * LINE, SMALL);
    pen.textRight(this.#formats.quantity(quantity), COLUMNS.quantity, y, FIGURES);
    pen.textRight(this.#formats.amount(unitPrice), COLUMNS.price, y, FIGURES);
    if (discount !== undefined) {
      const below = y + lines.length * LINE;
      pen.textRight("Discount", COLUMNS.quantity, below, SMALL);
      pen.textRight(this.#formats.amount(-discount), COLUMNS.price, below, { ...SMALL, ...FIGURES });
    }
    pen.textRight(this.#formats.amount(total), COLUMNS.total, y, FIGURES);
    pen.rule(y + height - 1, LEFT, RIGHT);
    this.#y = y + height + ROW_GAP - 1;
  }

  /** Keeps what belongs together on one page. */
  #keep(height: number): void {
    if (this.#y + height > BOTTOM) this.#nextPage(false);
  }

  #totals(): void {
    const { total } = this.#document;
    const pen = this.#pen;
    const formats = this.#formats;
    const label = LEFT + 98 * MM;
    const parts = totalsOf(this.#document, formats);
    this.#keep(parts.length * 16 + 60);
    this.#y += 6;
    for (const [name, amount] of parts) {
      pen.text(name, label, this.#y, MUTED);
      pen.textRight(formats.amount(amount), RIGHT, this.#y, FIGURES);
      this.#y += 16;
    }
    if (parts.length > 0) pen.rule(this.#y - 1, label, RIGHT);
    this.#y += 7;
    const style: Style = { font: "bold", size: 13 };
    pen.text(isCreditNote(this.#document) ? "Total credit" : "Total", label, this.#y, style);
    pen.textRight(formats.money(total), RIGHT, this.#y, { ...style, ...FIGURES });
    this.#y += 22;
    pen.rule(this.#y, label, RIGHT, INK.accent, 1.2);
    this.#y += 14;
  }

  #payments(): void {
    const { payments } = this.#document;
    const pen = this.#pen;
    const document = this.#document;
    const notes = [paymentNote(document), ...taxNotes(document), ...discountNotes(document, this.#formats)];
    this.#keep(payments.length * 14 + 26 + notes.length * 14);
    pen.text(isCreditNote(this.#document) ? "Refunded to" : "Paid by", LEFT, this.#y, { font: "medium" });
    this.#y += 15;
    for (const payment of payments) {
      pen.text(paymentOf(payment), LEFT, this.#y);
      pen.textRight(this.#formats.money(payment.amount), LEFT + 92 * MM, this.#y, FIGURES);
      this.#y += 14;
    }
    this.#y += 6;
    for (const note of notes) {
      pen.text(pen.lines(note, RIGHT - LEFT, MUTED, 1)[0] ?? "", LEFT, this.#y, MUTED);
      this.#y += 14;
    }
  }

  /** The foot of each page, and its number, once it is known how many there are. */
  #numberPages(): void {
    const { seller } = this.#document;
    const pen = this.#pen;
    const { start, count } = pen.doc.bufferedPageRange();
    const address = addressLines(seller.address, "", this.#formats);
    const contact = [
      ...(seller.email === undefined ? [] : [seller.email]),
      ...(seller.taxId === undefined ? [] : [`Tax ID ${seller.taxId}`]),
      ...(seller.iban === undefined ? [] : [`IBAN ${seller.iban.replace(/(.{4})(?=.)/g, "$1 ")}`]),
    ];
    const columns = [[seller.name, ...address.slice(0, 1)], address.slice(1), contact];
    for (let page = start; page < start + count; page++) {
      pen.doc.switchToPage(page);
      pen.rule(FOOT, LEFT, RIGHT);
      for (const [at, texts] of columns.entries()) {
        for (const [i, text] of texts.entries()) {
          const [line = ""] = pen.lines(text, 52 * MM, SMALL, 1);
          pen.text(line, LEFT + at * 55 * MM, FOOT + 7 + i * 10.5, SMALL);
        }
      }
      pen.textRight(`Page ${page - start + 1} of ${count}`, RIGHT, FOOT + 45, SMALL);
    }
  }
}

import PDFDocument from "pdfkit";
import { FONTS, type Font, showable } from "./fonts.ts";

export const INK = { text: "#1b1f24", muted: "#667085", rule: "#d0d5dd", accent: "#0f4c5c" } as const;

export interface Style {
  font?: Font;
  size?: number;
  color?: string;
  /** Figures of equal width, for columns. */
  tabular?: boolean;
}

const TEXT: Required<Style> = { font: "regular", size: 9, color: INK.text, tabular: false };
const MOST_MEASURED = 5_000; // words of one document, of which the width is kept

/** What this file uses of pdfkit's own object for a font. */
interface LoadedFont {
  font: { hasGlyphForCodePoint(codePoint: number): boolean };
  layoutRun(text: string, features: object): object;
}

/** Draws text at exact places, with its own line breaks: those of pdfkit lay each text out several times. */
export class Pen {
  readonly doc: PDFKit.PDFDocument;
  readonly #widths = new Map<string, number>();
  readonly #shown = new Map<string, string>();
  readonly #loaded: LoadedFont;

  constructor(options: PDFKit.PDFDocumentOptions) {
    this.doc = new PDFDocument({ ...options, autoFirstPage: false, bufferPages: true, margin: 0 });
    const loaded = Object.entries(FONTS).map(([name, file]) => this.#load(name, file));
    this.#loaded = loaded[0] as LoadedFont;
  }

  /** What the fonts can show of a text. All weights have the same letters. */
  /** pdfkit lays a text out three times to draw it once, and keeps nothing when there are features. */
  #load(name: string, file: string): LoadedFont {
    this.doc.registerFont(name, file);
    this.doc.font(name);
    const used = (this.doc as unknown as { _font: LoadedFont })._font;
    const layOut = used.layoutRun.bind(used);
    const runs = new Map<object, Map<string, object>>();
    used.layoutRun = (text, features) => {
      const known = runs.get(features) ?? new Map<string, object>();
      runs.set(features, known);
      const run = known.get(text) ?? layOut(text, features);
      if (known.size < MOST_MEASURED) known.set(text, run);
      return run;
    };
    return used;
  }

  #showable(text: string): string {
    let shown = this.#shown.get(text);
    if (shown === undefined) {
      shown = showable(text, (codePoint) => this.#loaded.font.hasGlyphForCodePoint(codePoint));
      if (this.#shown.size < MOST_MEASURED) this.#shown.set(text, shown);
    }
    return shown;
  }

  text(text: string, x: number, y: number, style: Style = {}): void {
    const { color, tabular } = this.#use(style);
    this.doc.fillColor(color).text(this.#showable(text), x, y, { lineBreak: false, ...features(tabular) });
  }

  /** Ends at `x`. */
  textRight(text: string, x: number, y: number, style: Style = {}): void {
    this.text(text, x - this.width(text, style), y, style);
  }

  width(text: string, style: Style = {}): number {
    const { font, size, tabular } = this.#use(style);
    const key = `${font}${size}${tabular}${text}`;
    let width = this.#widths.get(key);
    if (width === undefined) {
      width = this.doc.widthOfString(this.#showable(text), features(tabular));
      if (this.#widths.size < MOST_MEASURED) this.#widths.set(key, width);
    }
    return width;
  }

  /** Breaks a text into lines, between words or inside one that is too long for a line. The last line of too many ends in an ellipsis. */
  lines(text: string, width: number, style: Style = {}, most = Number.POSITIVE_INFINITY): string[] {
    const whole = text.trim().replace(/\s+/g, " ");
    if (this.width(whole, style) <= width) return [whole];
    const space = this.width(" ", style);
    const lines: string[] = [];
    let line = "";
    let used = 0;
    for (const word of whole.split(" ")) {
      const wide = this.width(word, style);
      if (line !== "" && used + space + wide <= width) {
        line += ` ${word}`;
        used += space + wide;
        continue;
      }
      if (line !== "") lines.push(line);
      const pieces = this.#pieces(word, width, style);
      lines.push(...pieces.slice(0, -1));
      line = pieces.at(-1) ?? "";
      used = this.width(line, style);
    }
    lines.push(line);
    if (lines.length <= most) return lines;
    return [...lines.slice(0, most - 1), `${this.#cut(lines[most - 1] ?? "", width, style)}…`];
  }

  rule(y: number, from: number, to: number, color: string = INK.rule, thickness = 0.5): void {
    this.doc.moveTo(from, y).lineTo(to, y).lineWidth(thickness).strokeColor(color).stroke();
  }

  #pieces(word: string, width: number, style: Style): string[] {
    if (this.width(word, style) <= width) return [word];
    const pieces: string[] = [];
    let piece = "";
    for (const character of word) {
      if (piece !== "" && this.width(piece + character, style) > width) {
        pieces.push(piece);
        piece = "";
      }
      piece += character;
    }
    return [...pieces, piece];
  }

  #cut(line: string, width: number, style: Style): string {
    let cut = line;
    while (cut !== "" && this.width(`${cut}…`, style) > width) cut = [...cut].slice(0, -1).join("");
    return cut;
  }

  #use(style: Style): Required<Style> {
    const used = { ...TEXT, ...style };
    this.doc.font(used.font, used.size);
    return used;
  }
}

/** Without contextual alternates, which Inter has many of: they take nine tenths of the time, and invoices need none. */
const PLAIN = { calt: false };
const TABULAR = { calt: false, tnum: true };

function features(tabular: boolean): { features: PDFKit.Mixins.OpenTypeFeatures[] } {
  return { features: (tabular ? TABULAR : PLAIN) as unknown as PDFKit.Mixins.OpenTypeFeatures[] }; // as fontkit takes them
}

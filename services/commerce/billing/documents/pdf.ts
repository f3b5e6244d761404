import { ciiOf } from "./cii.ts";
import { figuresOf } from "./en16931.ts";
import { embed } from "./factur-x.ts";
import { formatsOf } from "./format.ts";
import { Layout } from "./layout.ts";
import { Pen } from "./pen.ts";
import { drawStatement, type PrintedStatement } from "./statement-layout.ts";
import { type PrintedDocument, titleOf } from "./wording.ts";

const MAKER = "Tradepost";

/** The PDF of a document: the same bytes for the same document. */
export async function pdfOf(document: PrintedDocument): Promise<Buffer> {
  const issuedAt = new Date(document.issuedAt);
  const pen = new Pen({
    ...{ pdfVersion: "1.7", subset: "PDF/A-3b", lang: "en", displayTitle: true },
    // Without the seller's name: pdfkit would write it into XML as it is.
    info: { Title: `${titleOf(document)} ${document.number}`, Creator: MAKER, Producer: MAKER, CreationDate: issuedAt },
  });
  const formats = formatsOf(document.buyer.address.country, document.currency);
  new Layout(pen, document, formats).draw();
  const figures = figuresOf(document);
  if (figures) embed(pen.doc, ciiOf(document, figures), issuedAt);
  return bytesOf(pen);
}

/** The PDF of a statement: the same bytes for the same statement. */
export async function statementPdf({ shop, ...statement }: PrintedStatement): Promise<Buffer> {
  const pen = new Pen({
    ...{ pdfVersion: "1.7", lang: "en", displayTitle: true },
    info: {
      ...{ Title: `Statement ${statement.period}`, Creator: MAKER, Producer: MAKER },
      CreationDate: new Date(`${statement.period}-01T00:00:00Z`),
    },
  });
  drawStatement(pen, statement, shop, formatsOf(shop.country, statement.currency));
  return bytesOf(pen);
}

async function bytesOf({ doc }: Pen): Promise<Buffer> {
  const chunks: Buffer[] = [];
  doc.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve, reject) => doc.on("end", resolve).on("error", reject));
  doc.end();
  await ended;
  return Buffer.concat(chunks);
}

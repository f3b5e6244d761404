import { parentPort } from "node:worker_threads";
import { pdfOf, statementPdf } from "./pdf.ts";
import { isStatement, type PrintedStatement } from "./statement-layout.ts";
import type { PrintedDocument } from "./wording.ts";

/** A document to print, by the number of the request. */
export interface PrintRequest {
  id: number;
  document: PrintedDocument | PrintedStatement;
}

export type PrintAnswer = { id: number } & ({ pdf: Uint8Array } | { error: string });

// One PDF at a time: they are made in turns anyway, because nothing in them waits.
let turn = Promise.resolve();

parentPort?.on("message", ({ id, document }: PrintRequest) => {
  turn = turn.then(async () => {
    parentPort?.postMessage(await answer(id, document));
  });
});

async function answer(id: number, document: PrintRequest["document"]): Promise<PrintAnswer> {
  try {
    return { id, pdf: new Uint8Array(await (isStatement(document) ? statementPdf(document) : pdfOf(document))) };
  } catch (error) {
    return { id, error: String(error) };
  }
}

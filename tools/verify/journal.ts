import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";

/** The fields of an answer that are kept. Tokens and personal data are not. */
interface Answered {
  orderId?: string;
  paymentId?: string;
  refundId?: string;
  customerId?: string;
  status?: string;
  currency?: string;
  totalAmount?: number;
  capturedAmount?: number;
  refundedAmount?: number;
}

const KEPT: ReadonlySet<string> = new Set<keyof Answered>([
  "orderId",
  "paymentId",
  "refundId",
  "customerId",
  "status",
  "currency",
  "totalAmount",
  "capturedAmount",
  "refundedAmount",
]);

/** An answer a client saw. */
export interface JournalEntry {
  /** ISO 8601, by the client's clock. */
  at: string;
  /** Name of the client: idempotency keys of different clients are independent. */
  client: string;
  method: string;
  /** As in the contract, such as `/orders/ord_…/cancel`; a prefix `/api/v1` and a query are ignored. */
  path: string;
  /** The idempotency key it was sent with. */
  key?: string;
  status: number;
  body?: unknown;
}

/** An entry as it is read again. */
export interface StoredEntry extends JournalEntry {
  body?: Answered;
}

/**
 * The answers that clients received, one line of JSON each, appended to a file. Each line is handed to the operating
 * system before `write` returns, so that it is not lost when the client process ends.
 */
export class Journal {
  readonly file: string;
  readonly #descriptor: number;

  constructor(file: string) {
    this.file = file;
    this.#descriptor = openSync(file, "a");
  }

  write(entry: JournalEntry): void {
    const { body, ...answer } = entry;
    const line = { ...answer, ...(body === undefined ? {} : { body: trimmed(body) }) };
    writeSync(this.#descriptor, `${JSON.stringify(line)}\n`);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function trimmed(body: unknown): object {
  if (typeof body !== "object" || body === null) return {};
  return Object.fromEntries(Object.entries(body).filter(([name]) => KEPT.has(name)));
}

/** @throws Error naming a line that is not JSON, except the last one: it may be cut off when its writer was killed */
export async function* readJournal(path: string): AsyncGenerator<StoredEntry> {
  let number = 0;
  let broken: string | undefined;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (broken !== undefined) throw new Error(broken);
    number += 1;
    if (text.trim() === "") continue;
    try {
      yield JSON.parse(text) as StoredEntry;
    } catch {
      broken = `${path}:${number} is not JSON.`;
    }
  }
}

import { Worker } from "node:worker_threads";
import { Semaphore } from "#lib/sql/semaphore.ts";
import { withTimeout } from "#lib/work-queue/with-timeout.ts";
import { billingLimits } from "../domain/limits.ts";
import type { PrintAnswer, PrintRequest } from "./worker.ts";

interface Waiting {
  resolve(pdf: Uint8Array): void;
  reject(error: Error): void;
}

/**
 * Makes PDFs in a thread of its own, because one of 250 lines takes some tenths of a second, in which this node would
 * answer nobody. The thread begins with the first PDF, and ends when none was wanted for a while.
 */
export class Printer {
  readonly #turns: Semaphore;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #last = 0;

  /** @param waiting how many may wait for others */
  constructor(waiting: number = billingLimits.RENDERS_WAITING) {
    const { RENDERED_AT_ONCE, RENDER_TIMEOUT_MS } = billingLimits;
    this.#turns = new Semaphore(RENDERED_AT_ONCE, RENDER_TIMEOUT_MS, "Too many documents are being made.", waiting);
  }

  /** @throws DomainError SERVICE_UNAVAILABLE when too many others wait */
  print(document: PrintRequest["document"]): Promise<Uint8Array> {
    return this.#turns.run(() => this.#print(document));
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #print(document: PrintRequest["document"]): Promise<Uint8Array> {
    clearTimeout(this.#idle);
    const id = ++this.#last;
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const printed = new Promise<Uint8Array>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, document } satisfies PrintRequest);
    });
    return withTimeout("The thread that makes PDFs", billingLimits.RENDER_TIMEOUT_MS, () => printed)
      .catch(async (error: unknown) => {
        if (this.#waiting.delete(id)) await this.close(); // it has not answered: the next PDF starts another thread
        throw error;
      })
      .finally(() => {
        this.#idle = setTimeout(() => void this.close(), billingLimits.RENDERER_IDLE_MS).unref();
      });
  }

  #start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url));
    worker.unref();
    worker.on("message", (answer: PrintAnswer) => this.#settle(answer));
    worker.on("error", (error) => this.#fail(worker, error as Error));
    worker.on("exit", () => this.#fail(worker, new Error("The thread that makes PDFs has ended.")));
    return worker;
  }

  #settle(answer: PrintAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("pdf" in answer) waiting?.resolve(answer.pdf);
    else waiting?.reject(new Error(answer.error));
  }

  /** The next PDF starts another thread. */
  #fail(worker: Worker, error: Error): void {
    if (this.#worker === worker) this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

const BATCH = 100; // requests in one statement

interface Waiting<Request, Answer> {
  request: Request;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/**
 * Collects the requests of one turn of the event loop and runs them together, because a commit costs one write to disk for
 * any number of rows. Requests of one group never share a batch, so that each sees the effect of the one before.
 */
export class MicroBatch<Request, Answer> {
  readonly #groupOf: (request: Request) => string;
  readonly #run: (requests: readonly Request[]) => Promise<readonly Answer[]>;
  #waiting: Waiting<Request, Answer>[] = [];
  #scheduled = false;

  /** @param run answers each request, in their order */
  constructor(
    groupOf: (request: Request) => string,
    run: (requests: readonly Request[]) => Promise<readonly Answer[]>,
  ) {
    this.#groupOf = groupOf;
    this.#run = run;
  }

  ask(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const batch = this.#take();
      if (this.#waiting.length > 0) this.#schedule();
      this.#answer(batch);
    });
  }

  #take(): Waiting<Request, Answer>[] {
    const groups = new Set<string>();
    const batch: Waiting<Request, Answer>[] = [];
    const rest: Waiting<Request, Answer>[] = [];
    for (const waiting of this.#waiting) {
      const group = this.#groupOf(waiting.request);
      const free = batch.length < BATCH && !groups.has(group);
      groups.add(group);
      (free ? batch : rest).push(waiting);
    }
    this.#waiting = rest;
    return batch;
  }

  #answer(batch: readonly Waiting<Request, Answer>[]): void {
    this.#run(batch.map(({ request }) => request)).then(
      (answers) => {
        for (const [index, { resolve, reject }] of batch.entries()) {
          const answer = answers[index];
          if (answer === undefined) reject(new Error("The batch left a request unanswered."));
          else resolve(answer);
        }
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
  }
}

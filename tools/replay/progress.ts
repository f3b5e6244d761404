/** A line is written this often at most, in milliseconds: often on a terminal that overwrites it, seldom in a log. */
const TERMINAL_MS = 200;
const LOG_MS = 5_000;

/** Tells on stderr how far a run has come. */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  #phase = "";
  #done = 0;
  #total = 0;
  #shownMs = 0;

  constructor(out: NodeJS.WriteStream = process.stderr) {
    this.#out = out;
  }

  /** Begins a phase of `total` steps. */
  begin(phase: string, total: number): void {
    this.#phase = phase;
    this.#total = total;
    this.#done = 0;
    this.#shownMs = performance.now();
  }

  /** One step is done, or several. */
  step(steps = 1): void {
    this.#done += steps;
    const now = performance.now();
    if (now - this.#shownMs < (this.#out.isTTY ? TERMINAL_MS : LOG_MS)) return;
    this.#shownMs = now;
    this.#show(this.#out.isTTY ? "" : "\n");
  }

  /** Ends the phase. */
  end(): void {
    this.#show("\n");
  }

  #show(ending: string): void {
    this.#out.write(`${this.#out.isTTY ? "\r\u001b[K" : ""}${this.#phase}: ${this.#done} of ${this.#total}${ending}`);
  }
}

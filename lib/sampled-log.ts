import type { Log } from "./log.ts";

const WINDOW_MS = 60_000;

/**
 * Writes about something that may happen very often, such as refused requests, at most so many lines a minute. The first
 * line of a later minute says how many were left out.
 */
export class SampledLog {
  readonly #log: Pick<Log, "info" | "warn">;
  readonly #linesPerMinute: number;
  readonly #now: () => number;
  #windowEnds = 0;
  #lines = 0;
  #leftOut = 0;

  /** @param now milliseconds */
  constructor(log: Pick<Log, "info" | "warn">, linesPerMinute: number, now: () => number = Date.now) {
    this.#log = log;
    this.#linesPerMinute = linesPerMinute;
    this.#now = now;
  }

  info(message: string, facts: object): void {
    this.#write("info", message, facts);
  }

  warn(message: string, facts: object): void {
    this.#write("warn", message, facts);
  }

  #write(level: "info" | "warn", message: string, facts: object): void {
    const now = this.#now();
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + WINDOW_MS;
      this.#lines = 0;
    }
    if (this.#lines >= this.#linesPerMinute) {
      this.#leftOut++;
      return;
    }
    this.#lines++;
    this.#log[level](message, this.#leftOut > 0 ? { ...facts, leftOutBefore: this.#leftOut } : facts);
    this.#leftOut = 0;
  }
}

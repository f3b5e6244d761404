import { type Static, Type } from "typebox";
import { Exact } from "#lib/contract/contract.ts";
import type { FieldError } from "#lib/contract/errors.ts";
import { Sku } from "#lib/contract/ids.ts";
import { Amount, Currency, toMinor } from "#lib/contract/money.ts";
import { FormedText } from "#lib/contract/text.ts";
import { faults, fits } from "#lib/contract/validation.ts";
import { faultsOf, type NewPrice } from "./price-list.ts";

/** One line of a price stream. */
const StreamLine = Exact({
  sku: Sku,
  currency: Type.Optional(Currency),
  amount: Amount,
  at: Type.Optional(
    FormedText(
      "a moment in ISO 8601 with its time zone",
      "^2\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$",
      { examples: ["2026-01-31T12:00:00.000Z"] },
    ),
  ),
});
type StreamLine = Static<typeof StreamLine>;

/** The price of a sku that counts of all lines about it in a part. */
export interface StreamedPrice extends NewPrice {
  /** When it was made, in milliseconds since 1970; `null`: when it arrives. */
  at: number | null;
  /** Whether it replaces what is stored in any case, because it, or a line before it, counts from its arrival. */
  overrides: boolean;
  /** Number of the first line about this price, and of the others, where there are any. */
  line: number;
  furtherLines?: number[];
}

/** Numbers of all lines about a price. */
export const linesOf = ({ line, furtherLines = [] }: StreamedPrice) => [line, ...furtherLines];

export interface RejectedLine {
  line: number;
  message: string;
}

/** A clock for one part: what `now` is, and how far ahead `at` may be, in milliseconds. */
export interface PartClock {
  nowMs: number;
  aheadMs: number;
  /** The time of lines that do not say theirs, where it is known: that of their message. */
  defaultAt?: number;
}

/**
 * Reads the lines of one part, and keeps of each sku and currency the price that counts: the one with the latest `at`, of
 * equal ones the last. Whoever applies these prices gets what applying line after line would give.
 */
export class PartReader {
  readonly prices: StreamedPrice[] = [];
  /** By currency and sku. */
  readonly #kept = new Map<string, Map<string, StreamedPrice>>();
  /** The first rejected lines. */
  readonly rejected: RejectedLine[] = [];
  rejectedTotal = 0;
  /** Lines read, with empty ones. */
  lines: number;
  readonly #clock: PartClock;
  readonly #defaultCurrency: string;
  readonly #shown: number;

  /** @param before the number of lines before this part @param shown the most rejected lines to keep */
  constructor(clock: PartClock, defaultCurrency: string, before: number, shown: number) {
    this.#clock = clock;
    this.#defaultCurrency = defaultCurrency;
    this.#shown = shown;
    this.lines = before;
  }

  read(text: string): void {
    this.lines += 1;
    if (text === "" || text.trim() === "") return;
    const refusal = this.#take(text);
    if (refusal === undefined) return;
    this.rejectedTotal += 1;
    if (this.rejected.length < this.#shown) this.rejected.push({ line: this.lines, message: refusal() });
  }

  /** @returns says why a line is rejected; explaining it costs more than reading it, so that is done only where it is shown */
  #take(text: string): (() => string) | undefined {
    const value = parsed(text);
    if (value === undefined) return () => "is not JSON";
    if (!fits(StreamLine, value)) return () => sentences(faults(StreamLine, value));
    const { sku, currency = this.#defaultCurrency, amount, at } = value as StreamLine;
    const { nowMs, aheadMs, defaultAt = null } = this.#clock;
    const made = at === undefined ? defaultAt : Date.parse(at);
    if (Number.isNaN(made)) return () => "at must be a moment that exists";
    if (made !== null && made > nowMs + aheadMs) return () => "at must not be in the future";
    try {
      this.#keep({ sku, currency, amountMinor: toMinor(amount, currency) }, made);
      return undefined;
    } catch (error) {
      const found = faultsOf(error, "");
      return () => sentences(found);
    }
  }

  #keep({ sku, currency, amountMinor }: NewPrice, made: number | null): void {
    const kept = this.#kept.get(currency) ?? new Map<string, StreamedPrice>();
    if (kept.size === 0) this.#kept.set(currency, kept);
    const other = kept.get(sku);
    if (!other) {
      const price = { sku, currency, amountMinor, at: made, overrides: made === null, line: this.lines };
      kept.set(sku, price);
      this.prices.push(price);
      return;
    }
    other.furtherLines ??= [];
    other.furtherLines.push(this.lines);
    if (made !== null && made < (other.at ?? this.#clock.nowMs)) return;
    other.amountMinor = amountMinor;
    other.at = made;
    other.overrides ||= made === null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON text has this value
  }
}

function sentences(errors: readonly FieldError[]): string {
  return errors.map(({ path, message }) => `${path.slice(1)} ${message}`.trim()).join("; ");
}

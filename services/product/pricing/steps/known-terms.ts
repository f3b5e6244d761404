import { pricingLimits } from "../domain/limits.ts";
import type { PriceTerms } from "../domain/price-terms.ts";

type Read = () => Promise<PriceTerms & { databaseMs: number }>;

/**
 * The lists and exchange rates as this node knows them. A statement that reads prices also reads the version of the terms,
 * which is told here: so terms are as new as the prices, and read only after a change. Where no prices were read, they are at
 * most `TERMS_MS` old.
 */
export class KnownTerms {
  readonly #read: Read;
  #terms: PriceTerms | undefined;
  #newest = 0;
  #noticedAt = Number.NEGATIVE_INFINITY;
  #clockOffsetMs = 0;
  #reading: Promise<PriceTerms> | undefined;

  constructor(read: Read) {
    this.#read = read;
  }

  /** What a statement has said that began after the call of whoever waits for it. */
  notice({ termsVersion, databaseMs }: { termsVersion: number; databaseMs: number }): void {
    this.#newest = Math.max(this.#newest, termsVersion);
    this.#noticedAt = performance.now();
    this.#clockOffsetMs = databaseMs - this.#noticedAt;
  }

  /** The terms as they were read last, to begin work with that `fresh` confirms. */
  get latest(): PriceTerms | undefined {
    return this.#terms;
  }

  /** The time of the database, by its last answer. */
  now(): Date {
    return new Date(performance.now() + this.#clockOffsetMs);
  }

  /** Terms that are as new as the newest version that was noticed. */
  async fresh(): Promise<PriceTerms> {
    while (!this.#terms || this.#terms.version < this.#newest || this.#isOld()) await this.#readOnce();
    return this.#terms;
  }

  /** Terms that are read after the call. */
  async renewed(): Promise<PriceTerms> {
    await this.#reading?.catch(() => undefined);
    await this.#readOnce();
    return this.fresh();
  }

  #isOld(): boolean {
    return performance.now() - this.#noticedAt > pricingLimits.TERMS_MS;
  }

  /** Reads that are asked for while one runs may need a later one: then `fresh` asks again. */
  #readOnce(): Promise<PriceTerms> {
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readNow(): Promise<PriceTerms> {
    const { databaseMs, ...terms } = await this.#read();
    if (!this.#terms || this.#terms.version <= terms.version) this.#terms = terms;
    this.notice({ termsVersion: terms.version, databaseMs });
    return terms;
  }
}

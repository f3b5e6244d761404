import { canonicalLocale } from "#config/locales.ts";
import { localeChain } from "#lib/contract/locale.ts";

/**
 * Which languages the catalogue is translated into, in memory: for others, and for the shop's own, no translation is looked
 * for. The signal `catalog.localesChanged` makes each node read them again; the short time to live limits the harm when it
 * is lost. They are read only when somebody asks for another language than the shop's own.
 */
export class Locales {
  readonly own: string;
  readonly #read: () => Promise<string[]>;
  readonly #ttlMs: number;
  readonly #now: () => number;
  #known: { locales: Promise<ReadonlySet<string>>; until: number } | undefined;

  constructor(options: { own: string; ttlMs: number; now: () => number; read: () => Promise<string[]> }) {
    this.own = options.own;
    this.#read = options.read;
    this.#ttlMs = options.ttlMs;
    this.#now = options.now;
  }

  /** The locales in which texts are looked for, the most special first; none: the shop's own texts are meant. */
  async chainOf(asked: string | undefined): Promise<string[]> {
    const locale = asked === undefined ? undefined : canonicalLocale(asked);
    if (locale === undefined || locale === this.own) return [];
    const known = await this.#translated();
    return localeChain(locale).filter((one) => known.has(one));
  }

  forget(): void {
    this.#known = undefined;
  }

  #translated(): Promise<ReadonlySet<string>> {
    if (!this.#known || this.#known.until < this.#now()) {
      const locales = this.#read().then((list) => new Set(list));
      const known = { locales, until: this.#now() + this.#ttlMs };
      this.#known = known;
      locales.catch(() => {
        if (this.#known === known) this.#known = undefined;
      });
    }
    return this.#known.locales;
  }
}

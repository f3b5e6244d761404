import type { Queryable } from "#lib/sql/transaction.ts";
import { taxLimits } from "./domain/limits.ts";
import { ratesAt, type TaxRate } from "./domain/rates.ts";
import { parseShopTax, type TaxSettings } from "./domain/settings.ts";
import { allRates, readSettings, readUse } from "./tax.store.ts";

interface Contents {
  rates: readonly TaxRate[];
  settings: TaxSettings;
  /** Whether any customer has a certificate, so that it is worth looking. */
  exempts: boolean;
  /** Whether any sku has a category of its own. */
  categories: boolean;
}

type Shop = { SHOP_COUNTRY: string; SHOP_TAX?: string | undefined };

/**
 * Rates and settings as this node has read them last, so that nobody waits for them. It reads again when a node has changed
 * them, and every TAX_BOOK_MS, because signals may be lost.
 */
export class TaxBook {
  readonly #db: Queryable;
  readonly #shop: Shop;
  readonly #warn: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #contents: Contents;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  private constructor(db: Queryable, shop: Shop, contents: Contents, warn: (error: unknown) => void) {
    this.#db = db;
    this.#shop = shop;
    this.#contents = contents;
    this.#warn = warn;
    this.#timer = setInterval(() => this.changed(), taxLimits.TAX_BOOK_MS);
    this.#timer.unref();
  }

  static async open(db: Queryable, shop: Shop, warn: (error: unknown) => void): Promise<TaxBook> {
    return new TaxBook(db, shop, await read(db, shop), warn);
  }

  /** Whether there can be any tax. */
  get taxed(): boolean {
    const { rates, settings } = this.#contents;
    return rates.length > 0 || settings.shopTax !== undefined;
  }

  /** What holds at a moment. */
  at(moment: Date): Contents {
    return { ...this.#contents, rates: ratesAt(this.#contents.rates, moment) };
  }

  /** Some node has changed something. */
  changed(): void {
    this.refresh().catch(this.#warn);
  }

  /** Resolves when what was stored by the time of the call has been read. */
  refresh(): Promise<void> {
    this.#next ??= this.#running
      .catch(() => {})
      .then(async () => {
        this.#next = undefined;
        this.#contents = await read(this.#db, this.#shop);
      });
    this.#running = this.#next;
    return this.#next;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

async function read(db: Queryable, { SHOP_COUNTRY, SHOP_TAX }: Shop): Promise<Contents> {
  const [rates, stored, use] = await Promise.all([allRates(db), readSettings(db), readUse(db)]);
  return { rates, settings: { ...stored, sellerCountry: SHOP_COUNTRY, shopTax: parseShopTax(SHOP_TAX) }, ...use };
}

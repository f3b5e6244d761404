import type { IncomingMessage } from "node:http";
import { BoundedMap } from "#lib/bounded-map.ts";
import { type ShopLocales, wantedLocale } from "#lib/contract/locale.ts";
import { gatewayLimits } from "../domain/limits.ts";

/** Which language the clients of a shop want. Browsers send few different headers, so each is read once. */
export class Languages {
  readonly #shop: ShopLocales;
  readonly #read = new BoundedMap<string, { locale: string | undefined }>(gatewayLimits.LANGUAGE_HEADERS);

  constructor(shop: ShopLocales) {
    this.#shop = shop;
  }

  /** The locale by `Accept-Language`; `undefined`: the shop's own. */
  localeOf(req: IncomingMessage): string | undefined {
    const header = req.headers["accept-language"];
    if (header === undefined || header.length > gatewayLimits.LANGUAGE_HEADER_CHARS) return undefined;
    let known = this.#read.get(header);
    if (!known) {
      known = { locale: wantedLocale(header, this.#shop) };
      this.#read.set(header, known);
    }
    return known.locale;
  }

  /** The key of an answer in the edge cache. Clients who want the shop's own language share one. */
  keyOf(req: IncomingMessage, url: string): string {
    const locale = this.localeOf(req);
    return locale === undefined ? url : `${locale} ${url}`;
  }
}

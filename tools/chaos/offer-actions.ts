import { randomUUID } from "node:crypto";
import type { Answer, Request } from "./http.ts";
import type { Random } from "./random.ts";
import type { Caller, Goods, Shopper } from "./shoppers.ts";

const PRICE = 18; // below that of the shop
const PIECES = 4; // each time: so few that shoppers often compete for the last ones
const DOCUMENT = { type: "application/pdf", bytes: Buffer.from("%PDF-1.4\n%%EOF\n") };

/** A seller, whose offers of some goods shoppers compete for. */
export class Offers {
  readonly #staff: Caller;
  readonly #goods: readonly Goods[];
  #sellerId: string | undefined;

  constructor(staff: Caller, goods: readonly Goods[]) {
    this.#staff = staff;
    this.#goods = goods;
  }

  /** @param owner who sells them */
  async begin({ customerId }: Shopper): Promise<void> {
    const profile = { name: "Nordic Wood", email: "hello@nordic-wood.example", country: "DK" };
    const made = await this.#send("POST", "/sellers", { ...profile, customerId });
    const path = `/sellers/${made?.body.sellerId}`;
    for (const kind of ["identity", "registration"])
      await this.#send("POST", `${path}/documents?type=${kind}`, DOCUMENT.bytes, { "content-type": DOCUMENT.type });
    await this.#send("POST", `${path}/submit`, {});
    const approved = await this.#send("POST", `${path}/approve`, {});
    if (approved?.status !== 200)
      throw new Error(`The approval of a seller answered ${approved?.status}: ${JSON.stringify(approved?.body)}`);
    this.#sellerId = made?.body.sellerId;
    await this.#send("PUT", "/commission-rules", { percent: 12.5 });
    for (const { sku } of this.#goods) await this.#putUp(sku);
  }

  /** A few more pieces of one offer. */
  async renew(random: Random): Promise<void> {
    await this.#putUp(random.of(this.#goods).sku);
  }

  /** One of the offers, to be bought like the shop's own goods. */
  any(random: Random): Goods {
    const goods = random.of(this.#goods);
    return this.#sellerId === undefined ? goods : { ...goods, price: PRICE, sellerId: this.#sellerId };
  }

  #putUp(sku: string): Promise<Answer | undefined> {
    const terms = { price: PRICE, currency: "USD", stock: PIECES, handlingDays: 2 };
    return this.#send("PUT", `/sellers/${this.#sellerId}/offers/${sku}`, terms);
  }

  #send(method: Request["method"], path: string, body: object, headers: Record<string, string> = {}) {
    const keyed = { ...headers, "idempotency-key": randomUUID() };
    return this.#staff.insist("offers", { method, path, headers: keyed, body });
  }
}

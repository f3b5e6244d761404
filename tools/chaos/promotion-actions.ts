import { randomUUID } from "node:crypto";
import type { Answer, Request } from "./http.ts";
import type { Random } from "./random.ts";
import type { Caller, Goods } from "./shoppers.ts";

const USES = 3; // of the promotion without a code, each time: so few that buyers compete for the last one
const CODES = 2; // of one use, each time
const CODES_KNOWN = 6; // that shoppers try: so few that several of them try the same one at once, or one that is used
const TERMS = { stacking: "stackable", currency: "USD" };

/** Two promotions for some goods: one for the first buyers, and one with codes of one use. */
export class Promotions {
  readonly #staff: Caller;
  readonly #goods: readonly Goods[];
  #first: { promotionId: string; usageLimit: number } | undefined;
  #withCodes: string | undefined;
  #codes: string[] = [];

  constructor(staff: Caller, goods: readonly Goods[]) {
    this.#staff = staff;
    this.#goods = goods;
  }

  async begin(): Promise<void> {
    const first = await this.#send("POST", "/promotions", this.#forTheFirst(USES));
    const withCodes = await this.#send("POST", "/promotions", {
      ...{ ...TERMS, name: "For you", onlyWithCode: true, priority: 1 },
      effect: { type: "amountOff", amount: 5 },
    });
    if (first?.status !== 201 || withCodes?.status !== 201)
      throw new Error(`Promotions answered ${first?.status} and ${withCodes?.status}: ${JSON.stringify(first?.body)}`);
    this.#first = { promotionId: first.body.promotionId, usageLimit: USES };
    this.#withCodes = withCodes.body.promotionId;
    await this.renew();
  }

  /** A few more uses, and a few more codes. */
  async renew(): Promise<void> {
    if (!this.#first) return;
    const { promotionId, usageLimit } = this.#first;
    const raised = await this.#send("PUT", `/promotions/${promotionId}`, this.#forTheFirst(usageLimit + USES));
    if (raised?.status === 200) this.#first = { promotionId, usageLimit: usageLimit + USES };
    this.#codes = [...this.#codes, ...(await this.newCodes(CODES))].slice(-CODES_KNOWN);
  }

  /** Codes of one use that nobody else knows yet. */
  async newCodes(count: number): Promise<string[]> {
    const made = await this.#send("POST", `/promotions/${this.#withCodes}/codes`, { count });
    return made?.status === 201 ? made.body.codes : [];
  }

  /** A code that somebody else may be using. */
  anyCode(random: Random): string | undefined {
    return this.#codes.length > 0 ? random.of(this.#codes) : undefined;
  }

  #forTheFirst(usageLimit: number): object {
    const conditions = [{ type: "skus", skus: this.#goods.map(({ sku }) => sku) }];
    const effect = { type: "percentOff", percent: 15, appliesTo: "items" };
    return { ...TERMS, name: "For the first", conditions, effect, usageLimit };
  }

  #send(method: Request["method"], path: string, body: object): Promise<Answer | undefined> {
    return write(this.#staff, method, path, body);
  }
}

/** Every write of promotions that shoppers do not notice: the one for nobody ends. */
export async function promotionActions(staff: Caller): Promise<void> {
  const body = { ...TERMS, name: "For nobody", onlyWithCode: true, effect: { type: "amountOff", amount: 1 } };
  const made = await write(staff, "POST", "/promotions", body);
  const path = `/promotions/${made?.body.promotionId}`;
  await write(staff, "PUT", path, { ...body, name: "For nobody at all" });
  await write(staff, "POST", `${path}/codes`, { count: 1 });
  await write(staff, "DELETE", path);
}

function write(staff: Caller, method: Request["method"], path: string, body?: object) {
  const headers = { "idempotency-key": randomUUID() };
  return staff.insist("promotions", { method, path, headers, ...(body ? { body } : {}) });
}

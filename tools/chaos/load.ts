import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Journal } from "#tools/verify/journal.ts";
import type { Cluster } from "./cluster.ts";
import { dealRush } from "./deal-actions.ts";
import { refundSomething } from "./goodwill.ts";
import { Offers } from "./offer-actions.ts";
import { addListsFor } from "./price-actions.ts";
import { Promotions } from "./promotion-actions.ts";
import { Random } from "./random.ts";
import { approveTheRest, suspiciousOrder } from "./review-actions.ts";
import { Caller, type Goods, type Sample, Shopper } from "./shoppers.ts";

const PIECES = 10_000_000; // of goods that never run out
const SCARCE_PIECES = 3; // so few that two shoppers often order the last one
const ORDINARY_SKUS = 30;
const SCARCE_SKUS = 4;
const LISTED_SKUS = 4; // whose prices come from lists
const PROMOTED_SKUS = 2;
const OFFERED_SKUS = 2; // that a seller sells as well
const GIFT_CARDS = 4; // so few that many orders spend the same one at once
const GIFT_CARD_AMOUNTS = { from: 100, to: 2_000 }; // so little that some are used up
const CREDIT = 100; // of each shopper
/** Where all shoppers live. The prices do not include it, so that each order costs more than its goods. */
const SALES_TAX = { country: "US", state: "CA", name: "Sales tax", rate: 8.625 };
const THINK_MS = { from: 0, to: 60 };
const PAUSE_MS = 200;
const SUSPICIOUS = 0.05; // of the rounds of staff
const PROMOTING = 0.2; // of the rounds of staff
const OFFERING = 0.3; // of the rounds of staff
const RUSHING = 0.03; // of the rounds of staff
const RUSHERS = 12; // at most
const STAFF_PAUSE_MS = 2_000; // the account is made right after the start; after some failures a login has to wait longer

/** The load: customers and staff of the shop under test. */
export class Load {
  readonly samples: Sample[] = [];
  readonly staff: Caller;
  readonly shoppers: Shopper[] = [];
  readonly goods: Goods[] = [];
  readonly #scarce: Goods[] = [];
  readonly #listed: Goods[] = [];
  readonly #promoted: Goods[] = [];
  readonly #promotions: Promotions;
  readonly #offered: Goods[] = [];
  readonly #offers: Offers;
  readonly #giftCards: string[] = [];
  readonly #cluster: Cluster;
  readonly #journal: Journal;
  readonly #seed: string;
  #running: Promise<unknown> | undefined;
  #stopped = true;
  #shopperCount = 0;

  constructor(cluster: Cluster, journal: Journal, seed: string) {
    this.#cluster = cluster;
    this.#journal = journal;
    this.#seed = seed;
    this.staff = this.#caller("staff");
    this.#promotions = new Promotions(this.staff, this.#promoted);
    this.#offers = new Offers(this.staff, this.#offered);
    this.staff.login = async () => {
      this.staff.token = undefined;
      const body = { email: "admin@example.com", password: "admin-password-1" };
      const answer = await this.staff.attempt("login", { method: "POST", path: "/auth/staff/login", body });
      this.staff.token = answer?.body.accessToken;
    };
  }

  /** Registers shoppers and fills the shelves. */
  async prepare(shoppers: number): Promise<void> {
    while (!this.staff.token) {
      await this.staff.login?.();
      if (!this.staff.token) await sleep(STAFF_PAUSE_MS);
    }
    const rate = await this.#give("tax rate", "/tax/rates", SALES_TAX);
    if (rate?.status !== 201) throw new Error(`A tax rate answered ${rate?.status}: ${JSON.stringify(rate?.body)}`);
    for (let i = 0; i < ORDINARY_SKUS; i++) this.goods.push(await this.newGoods(PIECES));
    for (let i = 0; i < SCARCE_SKUS; i++) this.#scarce.push(await this.newGoods(SCARCE_PIECES));
    for (let i = 0; i < LISTED_SKUS; i++) this.#listed.push(await this.newGoods(PIECES));
    await addListsFor(this.staff, this.#listed);
    for (let i = 0; i < PROMOTED_SKUS; i++) this.#promoted.push(await this.newGoods(PIECES));
    await this.#promotions.begin();
    for (let i = 0; i < OFFERED_SKUS; i++) this.#offered.push(await this.newGoods(PIECES));
    for (let i = 0; i < shoppers; i++) {
      const shopper = this.newShopper();
      if (!(await shopper.register())) throw new Error("A registration was not answered.");
      this.shoppers.push(shopper);
      await this.grantCredit(shopper, CREDIT);
    }
    const [owner] = this.shoppers;
    if (owner) await this.#offers.begin(owner);
    const random = this.#random("gift cards");
    for (let i = 0; i < GIFT_CARDS; i++) {
      const card = await this.issueCard(random.between(GIFT_CARD_AMOUNTS.from, GIFT_CARD_AMOUNTS.to));
      if (card?.status === 201) this.#giftCards.push(card.body.code);
    }
  }

  issueCard(amount: number) {
    return this.#give("gift card", "/gift-cards", { amount, currency: "USD" });
  }

  grantCredit({ customerId }: Shopper, amount: number) {
    const body = { amount, currency: "USD", reason: "sorry" };
    return this.#give("store credit", `/customers/${customerId}/store-credit`, body);
  }

  #give(what: string, path: string, body: object) {
    const headers = { "idempotency-key": randomUUID() };
    return this.staff.insist(what, { method: "POST", path, headers, body });
  }

  /** Logs everybody in again: a token is valid for a quarter of an hour, a run takes longer. */
  async refresh(): Promise<void> {
    await Promise.all([this.staff, ...this.shoppers.map(({ caller }) => caller)].map((caller) => caller.login?.()));
  }

  /** A customer who has not registered yet. */
  newShopper(): Shopper {
    const name = `shopper-${this.#shopperCount++}`;
    return new Shopper(this.#caller(name), this.#random(name));
  }

  /** A new thing to buy. */
  async newGoods(pieces: number, price = 20): Promise<Goods> {
    const sku = `SKU-${randomUUID()}`;
    const made = await this.staff.insist("product", {
      method: "POST",
      path: "/products",
      headers: { "idempotency-key": randomUUID() },
      body: { title: "A thing to buy", slug: sku.toLowerCase(), variants: [{ sku }] },
    });
    if (made?.status !== 201) throw new Error(`A product answered ${made?.status}: ${JSON.stringify(made?.body)}`);
    await this.staff.insist("price", {
      method: "PUT",
      path: `/prices/${sku}`,
      body: { amount: price, currency: "USD" },
    });
    if (pieces > 0) await this.restock(sku, pieces);
    await this.publish();
    return { productId: made.body.productId, sku, price };
  }

  /** Shows the shop everything that staff have drafted. */
  publish(body: object = {}) {
    const headers = { "idempotency-key": randomUUID() };
    return this.staff.insist("publish", { method: "POST", path: "/publications", headers, body });
  }

  restock(sku: string, pieces: number) {
    return this.staff.insist("restock", {
      method: "POST",
      path: `/inventory/${sku}/adjustments`,
      headers: { "idempotency-key": randomUUID() },
      body: { warehouseId: "wh_main", delta: pieces, reason: "delivery" },
    });
  }

  /** All shoppers shop until `stop`. @param shoppers how many of them */
  start(shoppers = this.shoppers.length): void {
    this.#stopped = false;
    const random = this.#random(`day-${this.samples.length}`);
    const days = this.shoppers.slice(0, shoppers).map((shopper) => this.#shop(shopper, new Random(random.next())));
    this.#running = Promise.all([...days, this.#work(new Random(random.next()))]);
  }

  /** Stops after the requests under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    this.#running = undefined;
    await approveTheRest(this.#cluster, this);
  }

  /** The requests since a time of `performance.now()`. */
  since(at: number, what?: string): Sample[] {
    return this.samples.filter((sample) => sample.at >= at && (what === undefined || sample.what === what));
  }

  async #shop(shopper: Shopper, random: Random): Promise<void> {
    while (!this.#stopped) {
      await this.#errand(shopper, random);
      await sleep(random.between(THINK_MS.from, THINK_MS.to));
    }
  }

  async #errand(shopper: Shopper, random: Random): Promise<void> {
    const chance = random.next();
    const goods = random.of(this.goods);
    if (chance < 0.06) {
      await this.#buyOffers(shopper, random);
    } else if (chance < 0.45) {
      await shopper.order(goods, { quantity: random.between(1, 3), wait: 5, what: "order and wait" });
    } else if (chance < 0.55) {
      const order = await shopper.order(goods);
      if (order?.status === 201) await shopper.read(order.body.orderId);
    } else if (chance < 0.65) {
      // Of scarce goods there are often too few, so the checkout is refused and its cart opened again.
      const choice = random.next();
      const [scarce, listed, promoted] = [this.#scarce, this.#listed, this.#promoted].map((some) => random.of(some));
      const shelf = choice < 0.2 ? scarce : choice < 0.4 ? listed : choice < 0.6 ? promoted : goods;
      const wanted = choice < 0.8 ? shelf : this.#offers.any(random);
      const giftCards = this.#giftCards.length > 0 ? [random.of(this.#giftCards)] : [];
      const coupon = wanted === promoted ? this.#promotions.anyCode(random) : undefined;
      const order = await shopper.checkOut(wanted ?? goods, { giftCards, coupon });
      if (order?.status === 201 && random.next() < 0.3) await shopper.cancel(order.body.orderId);
    } else if (chance < 0.68) {
      await this.#race(shopper, random);
    } else if (chance < 0.73) {
      await shopper.order(goods, { method: "pm_card_chargeDeclined" });
    } else if (chance < 0.82) {
      const order = await shopper.order(goods);
      // Between the reservation and the capture, or later: when the order is paid, or while the provider is slow.
      await sleep(random.next() < 0.5 ? random.between(0, 60) : random.between(500, 3_000));
      if (order?.status === 201) await shopper.cancel(order.body.orderId);
    } else if (chance < 0.86) {
      await shopper.authenticate(goods);
    } else if (chance < 0.94) {
      const scarce = random.of(this.#scarce);
      await Promise.all([shopper.order(scarce, { quantity: 2 }), shopper.order(scarce, { quantity: 2 })]);
    } else {
      await shopper.caller.attempt("read product", { method: "GET", path: `/products/${goods.productId}` });
    }
  }

  /** Two lines of one offer, beside what the shop sells, twice at once. Some are cancelled. */
  async #buyOffers(shopper: Shopper, random: Random): Promise<void> {
    const offer = this.#offers.any(random);
    const options = { besides: [offer, random.of(this.#offered)], wait: 5 };
    const answers = await Promise.all([shopper.order(offer, options), shopper.order(offer, options)]);
    for (const answer of answers)
      if (answer?.status === 201 && random.next() < 0.3) await shopper.cancel(answer.body.orderId);
  }

  /** Two orders with one code, of which one gets it, and the same request twice at once. Some are cancelled. */
  async #race(shopper: Shopper, random: Random): Promise<void> {
    const goods = random.of(this.#promoted);
    const coupon = this.#promotions.anyCode(random);
    const key = randomUUID();
    const answers = await Promise.all([
      shopper.order(goods, { coupon }),
      shopper.order(goods, { coupon }),
      shopper.order(goods, { key }),
      shopper.order(goods, { key }),
    ]);
    const orders = new Set(answers.flatMap((answer) => (answer?.status === 201 ? [answer.body.orderId] : [])));
    await sleep(random.between(0, 1_000));
    for (const orderId of orders) if (random.next() < 0.5) await shopper.cancel(String(orderId));
  }

  /** Shoppers order with the same code at once. One of them gets it, and gives it back when the order is paid. */
  async rushForCode(): Promise<void> {
    const [goods] = this.#promoted;
    const [coupon] = await this.#promotions.newCodes(1);
    if (!goods || coupon === undefined) return;
    const order = async (shopper: Shopper) => {
      const answer = await shopper.order(goods, { coupon, wait: 5 });
      if (answer?.status === 201) await shopper.cancel(answer.body.orderId);
    };
    await Promise.all(this.shoppers.slice(0, RUSHERS).map(order));
  }

  /** Shoppers claim the few slots of a lightning deal. */
  async rushForDeal(random: Random): Promise<void> {
    await dealRush(this.staff, random.of(this.goods), this.shoppers.slice(0, RUSHERS), random);
  }

  /** The load of staff: deliveries, goodwill refunds, manual captures, more uses of promotions, more pieces of offers. */
  async #work(random: Random): Promise<void> {
    while (!this.#stopped) {
      await this.restock(random.of(this.#scarce).sku, SCARCE_PIECES);
      await refundSomething(this.#cluster, this.staff, random);
      if (random.next() < PROMOTING) await this.#promotions.renew();
      if (random.next() < OFFERING) await this.#offers.renew(random);
      if (random.next() < RUSHING) await this.rushForCode();
      if (random.next() < RUSHING) await this.rushForDeal(random);
      if (random.next() < SUSPICIOUS) await suspiciousOrder(this.#cluster, this, random);
      await sleep(PAUSE_MS);
    }
  }

  #caller(name: string): Caller {
    const { balancer } = this.#cluster;
    return new Caller(name, { balancer, journal: this.#journal, random: this.#random(name), samples: this.samples });
  }

  #random(purpose: string): Random {
    return new Random(`${this.#seed} ${purpose}`);
  }
}

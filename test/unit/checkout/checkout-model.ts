import { BrieflyKnown } from "#lib/briefly-known.ts";
import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Call, CallParams, CallResult } from "#lib/contract/types.ts";
import { ABSENT, firstVersion, type KeyValue, type Stored } from "#lib/keyvalue/keyvalue.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import { freezeCart, reopenCart } from "#services/commerce/carts/actions/freeze-cart.ts";
import { CartStore } from "#services/commerce/carts/carts.store.ts";
import { addItem } from "#services/commerce/carts/domain/cart.ts";
import { CartTokenSigner } from "#services/commerce/carts/domain/cart-token-signer.ts";
import type { Deps as CartDeps } from "#services/commerce/carts/setup.ts";
import { editCart } from "#services/commerce/carts/steps/checkout-state.ts";
import { checkOut } from "#services/commerce/checkout/actions/check-out.ts";
import type { Attempt } from "#services/commerce/checkout/checkout.store.ts";
import type { Deps as CheckoutDeps } from "#services/commerce/checkout/setup.ts";

type Purchase = CallParams<"orders.place">;
type Receipt = CallResult<"orders.place">;
type Fate = CallResult<"orders.ofSource">;

const buyer: Auth = { kind: "customer", customerId: "cust_1" };

/** How one checkout goes. */
export interface Checkout {
  /** Which of several addresses it sends the order to. */
  address: string;
  /** The check of prices refuses it. */
  refused: boolean;
  /** Before which of its calls the node dies; beyond the last one it lives. */
  diesAtCall: number;
  /** The caller gives the order up before it is placed; it is placed all the same, whenever the network delivers it. */
  placedLate: boolean;
}

/**
 * One cart with the real handlers of carts and checkout, on stores in memory. Every request and every answer of a store
 * or a service passes `step`, at which a test decides who goes on.
 */
export class CheckoutModel {
  now = 1_000_000_000_000;
  readonly orders = new Map<string, { receipt: Receipt; skus: string[]; purchase: Purchase }>();
  readonly acknowledged: string[] = [];
  /** Requests for orders that nobody waits for any more, and that the network has not delivered yet. */
  readonly #late: (() => Promise<unknown>)[] = [];
  readonly #abandoned = new Set<string>();
  readonly #attempts = new Map<string, Attempt>();
  readonly #step: () => Promise<unknown>;
  readonly #signer = new CartTokenSigner(Buffer.alloc(32));
  readonly #cartId = this.#signer.customerCartId("cart_1", "cust_1");
  readonly #store: MemoryKeyValue;
  /** Those of two nodes, each of which remembers what it has written. */
  readonly #nodes: readonly [CartStore, CartStore];
  #uses = 0;

  /** @param durable whether the store of the carts promises to lose nothing */
  constructor(step: () => Promise<unknown>, durable: boolean) {
    this.#step = step;
    this.#store = new MemoryKeyValue(step, durable);
    this.#nodes = [new CartStore(this.#store), new CartStore(this.#store)];
  }

  async create(): Promise<void> {
    await this.#nodes[0].create(this.#cartId, { currency: "USD" });
  }

  /** The store of the carts loses everything, or the cart has expired. */
  lose(): void {
    this.#store.clear();
    this.acknowledged.length = 0;
  }

  /** Orders that nobody has cancelled. */
  alive() {
    return [...this.orders.values()].filter(({ receipt }) => receipt.status !== "cancelled");
  }

  /** Adds a product. @throws DomainError when it is refused */
  async edit(sku: string): Promise<void> {
    const item = { itemId: `ci_${sku}`, productId: "prod", sku, title: sku, quantity: 1, priceMinor: 100 };
    await editCart(this.#context<CartDeps>(this.#cartDeps(), this.#call()), this.#cartId, (cart) =>
      addItem(cart, item, undefined),
    );
    this.acknowledged.push(sku);
  }

  checkOut(plan: Checkout): Promise<Receipt> {
    const deps: CheckoutDeps = {
      attempts: {
        find: (cartId) => this.#remote(() => this.#attempts.get(cartId)),
        save: (cartId, _, attempt) =>
          this.#remote(() => {
            if ((this.#attempts.get(cartId)?.attempt ?? 0) > attempt.attempt) return false;
            this.#attempts.set(cartId, attempt);
            return true;
          }),
      },
    };
    const shippingAddress = { street: plan.address, city: "Portland", state: "OR", zipCode: "97201", country: "US" };
    const params = { cartId: this.#cartId, shippingAddress, paymentMethodId: "pm_card_visa" };
    return checkOut(this.#context(deps, this.#call(plan)), params);
  }

  /** The network delivers what it has held back. */
  async deliver(): Promise<void> {
    await Promise.all(this.#late.splice(0).map((request) => request()));
  }

  /** The orders service cancels an order, as after a declined card. */
  cancel(order: { receipt: Receipt }): void {
    order.receipt = { ...order.receipt, status: "cancelled" };
  }

  #cartDeps(): CartDeps {
    this.#uses += 1;
    return {
      carts: this.#nodes[this.#uses % 3 === 0 ? 1 : 0],
      tokenSigner: this.#signer,
      promotions: new BrieflyKnown(0),
    };
  }

  #context<Deps>(deps: Deps, call: Call): ActionContext<Deps> {
    const log = { warn: () => undefined };
    return { auth: buyer, deps, call, log, now: () => new Date(this.now) } as unknown as ActionContext<Deps>;
  }

  #call(plan?: Checkout): Call {
    let calls = 0;
    const inner: Call = ((name: string, params: never) => {
      const context = this.#context(this.#cartDeps(), inner);
      switch (name) {
        case "carts.freeze":
          return freezeCart(context, params);
        case "carts.reopen":
          return reopenCart(context, params);
        case "orders.ofSource":
          return this.#remote(() => this.#fate(params));
        case "orders.abandonSource":
          return this.#remote(() => this.#abandon(params));
        case "orders.place":
          return this.#place(params, plan?.refused === true);
        case "promotions.discounts":
          return Promise.resolve({ discounts: [], gifts: [], unused: [], any: false });
        default:
          throw new Error(`The model has no ${name}.`);
      }
    }) as unknown as Call;
    return (async (name: string, params: never) => {
      if (plan && calls++ >= plan.diesAtCall) throw new Error("The node has died.");
      if (name !== "orders.place" || !plan?.placedLate) return inner(name as never, params);
      this.#late.push(() => this.#place(params, plan.refused).catch(() => undefined));
      throw new DomainError("SERVICE_UNAVAILABLE");
    }) as unknown as Call;
  }

  async #remote<T>(effect: () => T): Promise<T> {
    await this.#step();
    const result = effect();
    await this.#step();
    return result;
  }

  #fate({ source }: { source: string }): Fate {
    const order = this.orders.get(source);
    return {
      order: order ? { orderId: order.receipt.orderId, status: order.receipt.status } : null,
      abandoned: this.#abandoned.has(source),
    };
  }

  #abandon(params: { source: string }): Fate {
    if (!this.orders.has(params.source)) this.#abandoned.add(params.source);
    return this.#fate(params);
  }

  async #place(purchase: Purchase, refused: boolean): Promise<Receipt> {
    const earlier = await this.#remote(() => (purchase.repeated ? this.#existing(purchase) : undefined));
    if (earlier) return earlier;
    if (refused) {
      const concurrent = await this.#remote(() => this.#existing(purchase));
      if (concurrent) return concurrent;
      throw new DomainError("PRICE_CHANGED", undefined, { prices: [] });
    }
    return this.#remote(() => {
      const existing = this.#existing(purchase);
      if (existing) return existing;
      if (this.#abandoned.has(purchase.source)) throw new DomainError("SOURCE_ABANDONED");
      const receipt = { orderId: `ord_${this.orders.size + 1}`, status: "pending_payment" } as Receipt;
      this.orders.set(purchase.source, { receipt, purchase, skus: purchase.items.map(({ sku }) => sku) });
      return receipt;
    });
  }

  #existing(purchase: Purchase): Receipt | undefined {
    const order = this.orders.get(purchase.source);
    if (!order) return undefined;
    const terms = ({ items, shippingAddress }: Purchase) => JSON.stringify([items, shippingAddress]);
    if (terms(order.purchase) === terms(purchase)) return order.receipt;
    const { orderId, status } = order.receipt;
    throw new DomainError(status === "cancelled" ? "SOURCE_ABANDONED" : "SOURCE_ORDERED", undefined, { orderId });
  }
}

class MemoryKeyValue implements KeyValue {
  readonly durable: boolean;
  readonly #values = new Map<string, Stored<string>>();
  readonly #step: () => Promise<unknown>;

  constructor(step: () => Promise<unknown>, durable: boolean) {
    this.#step = step;
    this.durable = durable;
  }

  clear(): void {
    this.#values.clear();
  }

  async get<T>(key: string): Promise<Stored<T> | undefined> {
    await this.#step();
    const stored = this.#values.get(key);
    await this.#step();
    return stored && { value: JSON.parse(stored.value) as T, version: stored.version };
  }

  async set<T>(key: string, value: T): Promise<number> {
    const version = (this.#values.get(key)?.version ?? firstVersion()) + 1;
    this.#values.set(key, { value: JSON.stringify(value), version });
    return version;
  }

  setAll(entries: readonly (readonly [key: string, value: unknown])[]): Promise<number[]> {
    return Promise.all(entries.map(([key, value]) => this.set(key, value)));
  }

  async compareAndSet<T>(key: string, value: T, version: number): Promise<number | undefined> {
    await this.#step();
    const unchanged = (this.#values.get(key)?.version ?? ABSENT) === version;
    const next = unchanged ? await this.set(key, value) : undefined;
    await this.#step();
    return next;
  }

  increment(): Promise<number> {
    throw new Error("Carts count nothing.");
  }

  async delete(key: string): Promise<boolean> {
    return this.#values.delete(key);
  }

  async close(): Promise<void> {}
}

import type { ProviderName } from "../domain/provider-names.ts";
import { providersFor, type Route, type RoutedPayment } from "../domain/route.ts";
import type { PaymentProvider } from "./provider.ts";

/** The providers of this shop, in the order in which they are preferred. */
export class Providers {
  readonly #byName: ReadonlyMap<ProviderName, PaymentProvider>;
  readonly #routes: readonly Route[] | undefined;

  /** @param routes which provider takes which payments; undefined: the first one that can */
  constructor(providers: readonly PaymentProvider[], routes?: readonly Route[]) {
    this.#byName = new Map(providers.map((provider) => [provider.name, provider]));
    this.#routes = routes;
  }

  get all(): readonly PaymentProvider[] {
    return [...this.#byName.values()];
  }

  /** undefined when it is not configured, or not any more */
  find(name: string): PaymentProvider | undefined {
    return this.#byName.get(name as ProviderName);
  }

  /** @throws Error when the provider is not configured: only its own settings can let its payments go on */
  of(name: ProviderName): PaymentProvider {
    const provider = this.find(name);
    if (!provider) throw new Error(`The payment provider ${name} is not configured.`);
    return provider;
  }

  /** The provider that takes a payment. When none does, the first one gets it, and declines the method. */
  choose(routed: RoutedPayment): ProviderName {
    const [chosen] = this.#fitting(routed);
    const [first] = this.#byName.keys();
    if (first === undefined) throw new Error("No payment provider is configured.");
    return chosen ?? first;
  }

  /** The provider that comes after another one; undefined when that was the last. */
  after(name: ProviderName, routed: RoutedPayment): ProviderName | undefined {
    const fitting = this.#fitting(routed);
    const at = fitting.indexOf(name);
    return at < 0 ? undefined : fitting[at + 1];
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((provider) => provider.close?.()));
  }

  #fitting(routed: RoutedPayment): ProviderName[] {
    return providersFor(routed, [...this.#byName.keys()], this.#routes);
  }
}

import type { ServiceBroker, ServiceSchema } from "moleculer";
import type { Auth } from "#lib/contract/access.ts";
import type { ActionName, CallParams, CallResult } from "#lib/contract/types.ts";
import { startBroker } from "#test/support/broker.ts";
import { databaseUrlOf, freshNamespace } from "#test/support/databases.ts";
import { stubService } from "#test/support/stub-service.ts";

export const STAFF: Auth = { kind: "staff", staffId: "staff_test", scopes: ["catalog:write", "pricing:*"] };

/** Services of the product domain on databases of their own, called as staff by default. */
export class TestShop {
  readonly broker: ServiceBroker;
  readonly urls: Readonly<Record<string, string>>;

  private constructor(broker: ServiceBroker, urls: Record<string, string>) {
    this.broker = broker;
    this.urls = urls;
  }

  static async start(services: readonly ServiceSchema[], settings: Record<string, string> = {}): Promise<TestShop> {
    const namespace = freshNamespace();
    const broker = await startBroker({ namespace, services, settings });
    const urls = Object.fromEntries(["catalog", "pricing"].map((name) => [name, databaseUrlOf(namespace, name)]));
    return new TestShop(broker, urls);
  }

  stop(): Promise<void> {
    return this.broker.stop();
  }

  call<N extends ActionName>(name: N, params: CallParams<N>, meta: { auth?: Auth; idempotencyKey?: string } = {}) {
    return this.broker.call<CallResult<N>, object>(name, params, { meta: { auth: STAFF, ...meta } });
  }

  /** The code that an action refuses with, and the paths of its field errors. */
  async refusal<N extends ActionName>(
    name: N,
    params: CallParams<N>,
    meta: { auth?: Auth; idempotencyKey?: string } = {},
  ): Promise<{ code: string; paths: string[] }> {
    try {
      await this.call(name, params, meta);
    } catch (error) {
      const { type, data } = error as { type: string; data?: { errors?: { path: string }[] } };
      return { code: type, paths: (data?.errors ?? []).map(({ path }) => path) };
    }
    throw new Error(`${name} was not refused`);
  }
}

/** A stub of inventory that knows the available quantities of these SKUs. */
export function stubInventory(stock: ReadonlyMap<string, number>): ServiceSchema {
  return stubService("inventory", {
    available: ({ skus }) => ({
      items: skus.flatMap((sku) => {
        const available = stock.get(sku);
        return available === undefined ? [] : [{ sku, available }];
      }),
    }),
  });
}

/** A brand and some categories for the tests: `lamps` is below `home`. */
export async function addTaxonomy(shop: TestShop): Promise<void> {
  await shop.call("catalog.createBrand", { slug: "lumo", name: "Lumo Lights" });
  await shop.call("catalog.createCategory", { slug: "home", name: "Home" });
  await shop.call("catalog.createCategory", { slug: "lamps", name: "Lamps", parent: "home" });
  await shop.call("catalog.createCategory", { slug: "garden", name: "Garden" });
}

/** Attributes of each type, and a set `clothes` that inherits, whose variants differ in colour and size. */
export async function defineClothes(shop: TestShop): Promise<void> {
  await shop.call("catalog.createAttribute", { code: "weight", type: "number", unit: "kg", filterable: true });
  await shop.call("catalog.createAttribute", {
    code: "colour",
    type: "option",
    options: ["red", "blue"],
    filterable: true,
  });
  await shop.call("catalog.createAttribute", {
    code: "size",
    type: "option",
    options: ["s", "m", "l"],
    filterable: true,
  });
  await shop.call("catalog.createAttribute", { code: "washable", type: "boolean", filterable: true });
  await shop.call("catalog.createAttribute", { code: "since", type: "date" });
  await shop.call("catalog.createAttribute", { code: "story", type: "text", localised: true });
  await shop.call("catalog.createAttributeSet", { code: "things", attributes: ["weight", "since", "story"] });
  await shop.call("catalog.createAttributeSet", {
    code: "clothes",
    attributes: ["colour", "size", "washable"],
    axes: ["colour", "size"],
    extends: "things",
  });
}

/** A product of the set `clothes`. */
export const shirt = (slug: string, more: object = {}) => ({
  slug,
  title: slug,
  attributeSet: "clothes",
  attributes: { weight: 0.2, washable: true, since: "2026-02-28", story: "It was wool." },
  variants: [
    { sku: `${slug}-RS`, attributes: { colour: "red", size: "s" } },
    { sku: `${slug}-BS`, attributes: { colour: "blue", size: "s" } },
  ],
  ...more,
});

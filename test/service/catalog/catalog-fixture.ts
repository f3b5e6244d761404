import { ServiceBroker, type ServiceSchema } from "moleculer";
import { parseEnv } from "#config/env.ts";
import type { Auth } from "#lib/contract/access.ts";
import type { ActionName, CallParams, CallResult } from "#lib/contract/types.ts";
import { brokerOptions } from "#mixins/broker/broker-options.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { postgresUrl } from "#test/support/servers.ts";

export const STAFF: Auth = { kind: "staff", staffId: "staff_test", scopes: ["catalog:write", "pricing:write"] };

/** Some services on a real Postgres, each with a database of its own, called as staff unless stated. */
export class TestShop {
  readonly broker: ServiceBroker;
  readonly urls: Readonly<Record<string, string>>;

  private constructor(broker: ServiceBroker, urls: Record<string, string>) {
    this.broker = broker;
    this.urls = urls;
  }

  static async start(services: readonly ServiceSchema[], settings: Record<string, string> = {}): Promise<TestShop> {
    const urls: Record<string, string> = {};
    for (const name of ["catalog", "pricing"]) urls[name] = await freshDatabase(name);
    const env = parseEnv({
      DATABASE_URL: postgresUrl(),
      CATALOG_DATABASE_URL: urls.catalog,
      PRICING_DATABASE_URL: urls.pricing,
      LOG_LEVEL: "fatal",
      SEED_DEMO: "off",
      NODE_ID: `test-${process.pid}`,
      ...settings,
    });
    const broker = new ServiceBroker(brokerOptions(env));
    for (const schema of services) broker.createService(schema);
    await broker.start();
    return new TestShop(broker, urls);
  }

  stop(): Promise<void> {
    return this.broker.stop();
  }

  call<N extends ActionName>(name: N, params: CallParams<N>, meta: { auth?: Auth; idempotencyKey?: string } = {}) {
    return this.broker.call<CallResult<N>, object>(name, params, { meta: { auth: STAFF, ...meta } });
  }

  /** The code and facts an action refuses with. */
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

/** Inventory as far as the catalogue knows it. */
export function stubInventory(stock: ReadonlyMap<string, number>): ServiceSchema {
  return {
    name: "inventory",
    actions: {
      available: (ctx: { params: { skus: string[] } }) => ({
        items: ctx.params.skus.flatMap((sku) => (stock.has(sku) ? [{ sku, available: stock.get(sku) }] : [])),
      }),
    },
  };
}

import { randomBytes } from "node:crypto";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { parseEnv } from "#config/env.ts";
import type { Auth } from "#lib/contract/access.ts";
import type { ActionName, CallParams, CallResult } from "#lib/contract/types.ts";
import { brokerOptions } from "#mixins/broker/broker-options.ts";
import type { CallMeta } from "#mixins/service/context.ts";
import type { HasDatabase } from "#mixins/service/database-mixin.ts";
import auth from "#services/identity/auth/auth.service.ts";
import customers from "#services/identity/customers/customers.service.ts";
import users from "#services/identity/users/users.service.ts";
import { postgresUrl, TEST_PREFIX } from "#test/support/servers.ts";

export const services = { auth, users, customers };

export const PASSWORD = "correct-horse-battery";
export const SOMEBODY = { email: "ada@example.com", password: PASSWORD, firstName: "Ada", lastName: "Lovelace" };
export const HOME = { street: "1 Market Street", city: "Portland", state: "OR", zipCode: "97201", country: "US" };
const GUEST: Auth = { kind: "anonymous" };
const SERVICE: Auth = { kind: "service", service: "test" };

/** A namespace whose databases the teardown of this run finds. */
export function freshNamespace(): string {
  return `${process.env[TEST_PREFIX]?.replaceAll("_", "-")}-${randomBytes(4).toString("hex")}`;
}

/** The three services of identity in one process, on databases of their own. */
export class Identity {
  readonly broker: ServiceBroker;

  constructor(settings: Record<string, string> = {}, schemas: readonly ServiceSchema[] = Object.values(services)) {
    const env = parseEnv({
      DATABASE_URL: postgresUrl(),
      NAMESPACE: freshNamespace(),
      SEED_DEMO: "off",
      RATE_LIMIT: "off",
      LOG_LEVEL: "fatal",
      ...settings,
    });
    this.broker = new ServiceBroker(brokerOptions(env));
    for (const schema of schemas) this.broker.createService(schema);
  }

  async start(): Promise<this> {
    await this.broker.start();
    return this;
  }

  stop(): Promise<void> {
    return this.broker.stop();
  }

  db(service: keyof typeof services): HasDatabase["db"] {
    return (this.broker.getLocalService(service) as unknown as HasDatabase).db;
  }

  /** Calls as somebody: a guest unless said otherwise. */
  call<N extends ActionName>(name: N, params: CallParams<N>, meta: CallMeta = {}): Promise<CallResult<N>> {
    const options = { meta: { auth: GUEST, address: "192.0.2.1", ...meta } };
    return this.broker.call(name, params, options as never) as unknown as Promise<CallResult<N>>;
  }

  asService<N extends ActionName>(name: N, params: CallParams<N>): Promise<CallResult<N>> {
    return this.call(name, params, { auth: SERVICE });
  }

  logIn(email: string, password: string, address = "192.0.2.1") {
    return this.call("auth.login", { email, password }, { address });
  }
}

/** The code a call is refused with, or what it answered. */
export async function outcome(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (answer) => answer,
    (error: { type?: string }) => error.type ?? error,
  );
}

export async function eventually(check: () => Promise<boolean>, withinMs = 5_000): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline) {
    if (await check()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

/** How many rows a table has. `table` is one of ours. */
export async function rows(db: HasDatabase["db"], table: string): Promise<number> {
  const [row] = await db.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
  return row?.n ?? -1;
}

import type { ServiceBroker, ServiceSchema } from "moleculer";
import type { Auth } from "#lib/contract/access.ts";
import type { ActionName, CallParams, CallResult } from "#lib/contract/types.ts";
import type { Database } from "#lib/sql/database.ts";
import type { CallMeta } from "#mixins/service/context.ts";
import auth from "#services/identity/auth/auth.service.ts";
import customers from "#services/identity/customers/customers.service.ts";
import users from "#services/identity/users/users.service.ts";
import { createBroker, databaseOf } from "#test/support/broker.ts";

export const services = { auth, users, customers };

export const PASSWORD = "correct-horse-battery";
export const SOMEBODY = { email: "ada@example.com", password: PASSWORD, firstName: "Ada", lastName: "Lovelace" };
export const HOME = { street: "1 Market Street", city: "Portland", state: "OR", zipCode: "97201", country: "US" };
const GUEST: Auth = { kind: "anonymous" };
const SERVICE: Auth = { kind: "service", service: "test" };

/** The services of identity in one process, on databases of their own, called as a guest by default. */
export class Identity {
  readonly broker: ServiceBroker;

  constructor(
    { NAMESPACE, ...settings }: Record<string, string> = {},
    schemas: readonly ServiceSchema[] = Object.values(services),
  ) {
    this.broker = createBroker({ namespace: NAMESPACE, settings, services: schemas });
  }

  async start(): Promise<this> {
    await this.broker.start();
    return this;
  }

  stop(): Promise<void> {
    return this.broker.stop();
  }

  db(service: keyof typeof services): Database {
    return databaseOf(this.broker, service);
  }

  /** The log of a service. */
  logger(service: keyof typeof services): ServiceBroker["logger"] {
    return this.broker.getLocalService(service).logger;
  }

  /** Calls as a guest, unless `meta` has another identity. */
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

/** How many rows a table has. `table` is one of ours. */
export async function rows(db: Database, table: string): Promise<number> {
  const [row] = await db.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
  return row?.n ?? -1;
}

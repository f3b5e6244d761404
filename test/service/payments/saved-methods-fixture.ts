import { randomBytes } from "node:crypto";
import { newId } from "#lib/contract/ids.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { aroundCalls } from "#services/commerce/payments/providers/around-calls.ts";
import { TestProvider } from "#services/commerce/payments/providers/test-provider.ts";
import { booksPlace, openBooks } from "#services/commerce/payments/providers/test-provider-books.ts";
import type { PaymentsDeps } from "#services/commerce/payments/setup.ts";
import { completeSetup } from "#services/commerce/payments/steps/complete-setup.ts";
import { TEST_CAUSE } from "#test/support/stub-service.ts";
import {
  customer,
  type HarnessOptions,
  type Order,
  type PaymentsHarness,
  paymentsHarness,
} from "./payments-harness.ts";

export const newMainKey = (name: string) => `${name}:${randomBytes(32).toString("base64")}`;

/** Payments with the test provider, of which some calls can be made to fail. */
export async function savedMethodsHarness(options: HarnessOptions = {}) {
  /** Calls that fail, with what they say. */
  const failing = new Map<string, string>();
  /** Calls whose answers are lost. */
  const losing = new Set<string>();
  /** How often each call was made. */
  const asked = new Map<string, number>();
  const harness = await paymentsHarness({
    settings: { VAULT_KEYS: newMainKey("test") },
    provider: ({ db }) =>
      aroundCalls(new TestProvider({ books: openBooks(booksPlace(db.place)) }), async (what, ask) => {
        asked.set(what, (asked.get(what) ?? 0) + 1);
        const failure = failing.get(what);
        if (failure !== undefined) throw new Error(failure);
        const answer = await ask();
        if (losing.has(what)) throw new Error("The answer was lost.");
        return answer;
      }),
    ...options,
  });
  const deps = depsOf(harness);
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  return {
    ...harness,
    stop: async () => {
      await harness.stop();
      await harness.books.close(); // the provider has a connection of its own
    },
    failing,
    losing,
    asked,
    deps,
    setUp: (customerId: string, key?: string) =>
      harness.call("payments.setUpMethod", { customerId }, customer(customerId), key),
    list: async (customerId: string) =>
      (await harness.call("payments.listMethods", { customerId }, customer(customerId))).paymentMethods,
    remove: (customerId: string, paymentMethodId: string) =>
      harness.call("payments.deleteMethod", { customerId, paymentMethodId }, customer(customerId)),
    /** Tells of the end of a setup, as a notification does. */
    tell: (setupReference: string) => {
      const ctx = { db: harness.db, deps, cause: TEST_CAUSE, log } as unknown as Parameters<typeof completeSetup>[0];
      return completeSetup(ctx, deps.providers.of("test"), setupReference, AbortSignal.timeout(5_000));
    },
    /** The tokens that the provider has given to a customer, the oldest first. */
    tokensOf: async (customerId: string) =>
      (
        await harness.books.query<{ token: string; forgotten: boolean }>(
          "SELECT token, forgotten FROM saved_card WHERE customer_id = $1 ORDER BY saved_at",
          [`test_cus_${customerId}`],
        )
      ).map(({ token, forgotten }) => ({ token, forgotten })),
  };
}

export type SavedMethodsHarness = Awaited<ReturnType<typeof savedMethodsHarness>>;

function depsOf({ broker }: PaymentsHarness): PaymentsDeps {
  return (broker.getLocalService("payments") as unknown as { deps: PaymentsDeps }).deps;
}

/** Begins to save a method and lists it. @returns its id */
export async function savedMethod(harness: SavedMethodsHarness, customerId: string): Promise<string> {
  await harness.setUp(customerId);
  const [method] = await harness.list(customerId);
  if (!method) throw new Error("The method was not saved.");
  return method.paymentMethodId;
}

export const newCustomerId = () => newId("customer");

/** An order that is ready to be paid with this method. */
export async function placed(harness: SavedMethodsHarness, customerId: string, method: string): Promise<Order> {
  const order = { ...harness.order(30, method), customerId };
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  return order;
}

/** Tables of a service in which a text is found anywhere. */
export async function tablesWith(db: Queryable, text: string): Promise<string[]> {
  const tables = await db.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await db.query(`SELECT 1 AS found FROM "${name}" t WHERE strpos(t::text, $1) > 0 LIMIT 1`, [text]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

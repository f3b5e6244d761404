import { randomBytes } from "node:crypto";
import type { ServiceBroker } from "moleculer";
import type { Auth } from "#lib/contract/access.ts";
import type { ActionName, CallParams, CallResult, EventData, EventName } from "#lib/contract/types.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { billing } from "#services/commerce/billing/contract.ts";
import { sumLines } from "#services/commerce/ledger/jobs/sum-lines.ts";
import ledgerService from "#services/commerce/ledger/ledger.service.ts";
import { payments } from "#services/commerce/payments/contract.ts";
import { databaseOf, startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { emitAs, stubServiceWithEvents } from "#test/support/stub-service.ts";

export const ACCOUNTANT: Auth = { kind: "staff", staffId: "staff_1", scopes: ["ledger:*"] };
const { balances } = payments.actions;

type Balances = CallResult<"payments.balances">["providers"];

/** An id of this kind that no other test has. */
export const id = (prefix: string) => `${prefix}_${randomBytes(8).toString("hex")}`;

export interface Order {
  orderId: string;
  customerId: string;
  paymentId: string;
}

export const newOrder = (): Order => ({ orderId: id("ord"), customerId: id("cust"), paymentId: id("pay") });

/** The ledger, and stubs of the services whose events it posts. */
export async function ledgerFixture({
  nats,
  namespace = freshNamespace(),
}: {
  nats?: string;
  namespace?: string;
} = {}) {
  const held: { providers: Balances } = { providers: [] };
  const broker: ServiceBroker = await startBroker({
    namespace,
    nats,
    services: [
      ledgerService,
      stubServiceWithEvents({ ...billing, actions: {} }),
      stubServiceWithEvents({ ...payments, actions: { balances } } as unknown as typeof payments, {
        answers: { balances: () => held },
      }),
    ],
  });
  const db = databaseOf(broker, "ledger");
  const call = <N extends ActionName>(
    name: N,
    params: CallParams<N>,
    auth: Auth = ACCOUNTANT,
  ): Promise<CallResult<N>> =>
    broker.call(name, params as object, { meta: { auth, address: "test" } }) as Promise<CallResult<N>>;
  const emit = (emitAll: (tx: Transaction) => void, service = "payments") => emitAs(broker, service, emitAll);
  const count = async (condition = "true", values: readonly unknown[] = []) => {
    const [row] = await db.query<{ count: number }>(`SELECT count(*) AS count FROM entry WHERE ${condition}`, values);
    return row?.count ?? 0;
  };
  return {
    broker,
    db,
    held,
    namespace,
    call,
    emit,
    count,
    stop: () => broker.stop(),
    /** Emits one event by its name. */
    emitOne: <N extends EventName>(name: N, data: EventData<N>) => {
      const [service = "", type = ""] = name.split(".");
      const contract = service === "billing" ? billing : payments;
      const event = contract.events[type as keyof typeof contract.events] as never;
      return emit((tx) => tx.emit(event, data as never), service);
    },
    captured: ({ orderId, customerId, paymentId }: Order, amount: number, currency = "USD") =>
      emit((tx) =>
        tx.emit(payments.events.PaymentCompleted, {
          ...{ orderId, customerId, paymentId, amount, currency },
          ...{ provider: "test", status: "captured", totalCaptured: amount },
        }),
      ),
    refunded: ({ orderId, customerId, paymentId }: Order, amount: number, currency = "USD") =>
      emit((tx) =>
        tx.emit(payments.events.PaymentRefunded, {
          ...{ orderId, customerId, paymentId, amount, currency },
          ...{ provider: "test", refundId: id("ref"), reason: "returned", totalRefunded: amount },
        }),
      ),
    /** Waits until an order has this many entries, and returns them, the latest first. */
    entriesOf: ({ orderId }: Order, wanted: number) =>
      eventually(async () => {
        const { entries } = await call("ledger.listEntries", { orderId });
        if (entries.length !== wanted) throw new Error(`${orderId} has ${entries.length} entries, not ${wanted}.`);
        return entries;
      }),
    /** Waits until this many entries fulfil a condition. */
    untilPosted: (wanted: number, condition: string) =>
      eventually(async () => {
        const found = await count(condition);
        if (found !== wanted) throw new Error(`${found} entries fulfil ${condition}, not ${wanted}.`);
      }),
    /** Adds up what was posted, as the job does. */
    sum: () => sumLines.run({ db } as never),
    /** The trial balance as `account: debit less credit`. */
    trial: async (currency = "USD", at?: string) => {
      const { accounts, debit, credit } = await call("ledger.trialBalance", { currency, ...(at ? { at } : {}) });
      return {
        debit,
        credit,
        accounts: Object.fromEntries(accounts.map((row) => [row.account, row.debit - row.credit])),
      };
    },
  };
}

export type LedgerFixture = Awaited<ReturnType<typeof ledgerFixture>>;

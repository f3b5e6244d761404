/** A bug of the kind that people ship: one edit of one file of the shop. */
export interface Mutant {
  name: string;
  file: string;
  /** Stands in the file exactly once. */
  find: string;
  replace: string;
  /** The fault under which it shows. */
  caughtBy: `F${number}`;
  /** A setting of FAILPOINT that brings it out for sure, on a node that runs the service. */
  failPoint?: string;
  /** Invariants of `npm run verify` that it breaks, each by itself enough to catch it. */
  breaks: readonly string[];
  /** How somebody comes to write it, and what then happens. */
  why: string;
}

export const mutants: readonly Mutant[] = [
  {
    name: "inbox-not-asked",
    file: "lib/events/inbox/consumer-group.ts",
    find: "const fresh = await recordInInbox(tx, this, events);",
    replace: "await recordInInbox(tx, this, events);\n        const fresh = events;",
    caughtBy: "F6",
    breaks: ["orders.applied-once"],
    why: "Events are remembered as applied, and nobody asks. Whatever is delivered twice is applied twice.",
  },
  {
    name: "published-before-the-commit",
    file: "services/commerce/orders/steps/store-order.ts",
    find: `  tx.emit(orders.events.OrderCreated, {
    orderId: purchase.orderId,
    customerId,
    items: lineViews(lines, currency),
    totalAmount: receipt.totalAmount,
    currency,
    status: "pending_payment",
    paymentMethodId,
  });`,
    replace: `  await ctx.db.consume(ctx.cause, 1_000, async (own) =>
    own.emit(orders.events.OrderCreated, {
      orderId: purchase.orderId,
      customerId,
      items: lineViews(lines, currency),
      totalAmount: receipt.totalAmount,
      currency,
      status: "pending_payment",
      paymentMethodId,
    }),
  );`,
    caughtBy: "F1",
    failPoint: "orders.create.before-commit:kill",
    breaks: ["stock.reservation-ends", "payments.hold-ends", "payments.owed"],
    why: "The event goes out as soon as it is known. When the order is rolled back, stock and money are held for nobody.",
  },
  {
    name: "published-after-the-commit",
    file: "services/commerce/orders/steps/store-order.ts",
    find: `  tx.emit(orders.events.OrderCreated, {
    orderId: purchase.orderId,
    customerId,
    items: lineViews(lines, currency),
    totalAmount: receipt.totalAmount,
    currency,
    status: "pending_payment",
    paymentMethodId,
  });`,
    replace: `  const created = {
    orderId: purchase.orderId,
    customerId,
    items: lineViews(lines, currency),
    totalAmount: receipt.totalAmount,
    currency,
    status: "pending_payment",
    paymentMethodId,
  };
  tx.afterCommit(() => {
    void ctx.db.transaction(ctx.cause, async (own) => own.emit(orders.events.OrderCreated, created));
  });`,
    caughtBy: "F1",
    failPoint: "orders.create.after-commit:kill",
    breaks: ["events.published"],
    why: "The event is written in a transaction of its own, once the order is stored. A crash between the two loses it.",
  },
  {
    name: "fresh-key-for-each-try",
    file: "services/commerce/payments/operations/operations.ts",
    find: "const key = keyOf(operation);",
    replace: 'const key = [keyOf(operation), operation.attempts].join("-");',
    caughtBy: "F7",
    failPoint: "payments.authorize.after-provider:throw*5",
    breaks: ["provider.charged-once", "provider.agrees"],
    why: "Each try makes its own idempotency key. When the first answer is lost, the second try charges again.",
  },
  {
    name: "time-out-taken-for-a-decline",
    file: "services/commerce/payments/operations/operations.ts",
    find: "const spent = error instanceof SpentKey;",
    replace: `if (!(error instanceof SpentKey))
        return {
          operation,
          kind: "settled",
          answer: { kind: "declined", decline: { code: "processing_error", message: String(error) } },
        };
      const spent = true;`,
    caughtBy: "F7",
    failPoint: "payments.authorize.after-provider:throw*5",
    breaks: ["provider.agrees"],
    why: "Whatever goes wrong while asking means no. The provider has charged, and nobody gives it back.",
  },
  {
    name: "late-authorisation-kept",
    file: "services/commerce/payments/domain/decide.ts",
    find: `  return rest(
    { state: "authorized", amountMinor, wish, setbacks, ...funds },
    wish.kind === "cancel" ? [] : [{ kind: "authorized" }],
  );`,
    replace: `  const kept = wish.kind === "cancel" ? { kind: "none" as const } : wish;
  return rest({ state: "authorized", amountMinor, wish: kept, setbacks, ...funds }, [{ kind: "authorized" }]);`,
    caughtBy: "F7",
    failPoint: "payments.authorize.before-provider:hang*20",
    breaks: ["payments.hold-ends"],
    why: "An order that was cancelled while the provider was asked: the answer is taken as if nothing had happened.",
  },
  {
    name: "acknowledged-before-the-work",
    file: "lib/events/jetstream/partition-consumer.ts",
    find: "this.group.queue.push({ event, settle });",
    replace: "settle();\n    this.group.queue.push({ event, settle: () => {} });",
    caughtBy: "F1",
    failPoint: "inventory.OrderCreated.before-inbox:kill",
    breaks: ["events.consumed"],
    why: "The message is acknowledged when it arrives. What a node has not applied when it dies is never sent again.",
  },
  {
    name: "sent-before-the-broker-has-it",
    file: "lib/events/outbox/relay.ts",
    find: `    const publishing = this.#publisher.publish(row.event, streamId).then(
      () => this.#published(row, streamId, queue),`,
    replace: `    const unconfirmed = this.#publisher.publish(row.event, streamId);
    this.#published(row, streamId, queue);
    const publishing = unconfirmed.then(
      () => undefined,`,
    caughtBy: "F4",
    failPoint: "orders.OrderCreated.before-publish:throw*5",
    breaks: ["events.consumed"],
    why: "Nobody waits for the broker's answer before the row is marked. What was on its way when the broker died is lost.",
  },
  {
    name: "released-once-more",
    file: "services/logistics/inventory/domain/reservation.ts",
    find: 'cancelled: "restock",',
    replace: 'cancelled: "release",',
    caughtBy: "F6",
    breaks: ["stock.reserved", "stock.commits", "stock.reservation-ends"],
    why: "A cancel releases what is held, also where the commit has released it before: others lose their hold by it.",
  },
  {
    name: "stock-trusted-from-the-request",
    file: "services/logistics/inventory/domain/allocate.ts",
    find: 'if (missing.length > 0) return { kind: "none", missing };',
    replace: "void missing;",
    caughtBy: "F14",
    breaks: ["stock.order-covered"],
    why: "The request has checked the stock, so the lock's own check looks like waste. Two requests have seen the last piece.",
  },
];

/**
 * A file's source with the bug in it.
 * @throws Error when the code has moved on and the snippet is not there exactly once
 */
export function mutated({ name, file, find, replace }: Mutant, source: string): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`The bug ${name} has ${parts.length - 1} places in ${file}; it needs one.`);
  return parts.join(replace);
}

import { dealMutants } from "./deal-mutants.ts";
import { type Mutant, OTHERS_SERVED } from "./mutant.ts";
import { offerMutants } from "./offer-mutants.ts";
import { promotionMutants } from "./promotion-mutants.ts";

export const mutants: readonly Mutant[] = [
  {
    name: "inbox-not-asked",
    file: "lib/events/inbox/consumer-group.ts",
    find: "const fresh = await recordInInbox(tx, this, events, lockTimeoutMs);",
    replace: "await recordInInbox(tx, this, events, lockTimeoutMs);\n        const fresh = events;",
    caughtBy: "F6",
    breaks: ["orders.applied-once"],
    why: "Events are recorded in the inbox, but the record is not checked. An event that is delivered twice is applied twice.",
  },
  {
    name: "published-before-the-commit",
    file: "services/commerce/orders/steps/store-order.ts",
    find: "  tx.emit(orders.events.OrderCreated, created);",
    replace: `  await ctx.db.consume(ctx.cause, async (own) => own.emit(orders.events.OrderCreated, created));`,
    caughtBy: "F1",
    failPoint: "orders.create.before-commit:kill",
    breaks: ["stock.reservation-ends", "payments.hold-ends", "payments.owed"],
    why: "The event is published before the commit. When the order is rolled back, stock and money stay held for no order.",
  },
  {
    name: "published-after-the-commit",
    file: "services/commerce/orders/steps/store-order.ts",
    find: "  tx.emit(orders.events.OrderCreated, created);",
    replace: `  tx.afterCommit(() => {
    void ctx.db.transaction(ctx.cause, async (own) => own.emit(orders.events.OrderCreated, created));
  });`,
    caughtBy: "F1",
    failPoint: "orders.create.after-commit:kill",
    breaks: ["events.published"],
    why: "The event is written in a second transaction, after the order. A crash between the two loses it.",
  },
  {
    name: "fresh-key-for-each-try",
    file: "services/commerce/payments/steps/attempt-operation.ts",
    find: "const key = keyOf(operation);",
    replace: 'const key = [keyOf(operation), operation.attempts].join("-");',
    caughtBy: "F7",
    failPoint: "payments.authorize.after-provider:throw*5",
    breaks: ["provider.charged-once", "provider.agrees"],
    why: "Each attempt has its own idempotency key. When the first answer is lost, the second attempt charges again.",
  },
  {
    name: "time-out-taken-for-a-decline",
    file: "services/commerce/payments/steps/attempt-operation.ts",
    find: "return error instanceof NotAsked ?",
    replace: `if (!(error instanceof SpentKey || error instanceof NotAsked)) {
      const decline = { code: "processing_error", message: String(error) };
      return { operation, kind: "settled", answer: { kind: "declined", decline } };
    }
    return error instanceof NotAsked ?`,
    caughtBy: "F7",
    failPoint: "payments.authorize.after-provider:throw*5",
    breaks: ["provider.agrees"],
    why: "Every error of a provider call is taken as a refusal. The provider may have charged, and the money is not given back.",
  },
  {
    name: "late-authorisation-kept",
    file: "services/commerce/payments/domain/decide.ts",
    find: `  return rest(
    { state: "authorized", ...commonOf(payment), ...funds },
    goal.kind === "cancel" ? [] : [{ kind: "authorized" }],
  );`,
    replace: `  const kept = goal.kind === "cancel" ? { kind: "none" as const } : goal;
  return rest({ state: "authorized", ...commonOf(payment), goal: kept, ...funds }, [{ kind: "authorized" }]);`,
    caughtBy: "F7",
    failPoint: "payments.authorize.before-provider:hang*20",
    breaks: ["payments.hold-ends"],
    why: "The order was cancelled during the provider call, and the answer is applied as if it had not been.",
  },
  {
    name: "acknowledged-before-the-work",
    file: "lib/events/jetstream/partition-consumer.ts",
    find: "this.group.queue.push({ event, settle });",
    replace: "settle();\n    this.group.queue.push({ event, settle: () => {} });",
    caughtBy: "F1",
    failPoint: "inventory.OrderCreated.before-inbox:kill",
    breaks: ["events.consumed"],
    why: "The message is acknowledged on arrival. A message that a node had not applied when it was killed is never delivered again.",
  },
  {
    name: "sent-before-the-broker-has-it",
    file: "lib/events/outbox/relay.ts",
    find: `    const publishing = this.#publisher.publish(row.event, streamId).then(
      () => this.#published(row, queue),
      (error: unknown) => {
        this.#cursor.giveBack(row.id);`,
    replace: `    const unconfirmed = this.#publisher.publish(row.event, streamId);
    this.#published(row, queue);
    const publishing = unconfirmed.then(
      () => undefined,
      (error: unknown) => {`,
    caughtBy: "F4",
    failPoint: "orders.OrderCreated.before-publish:throw*5",
    breaks: ["events.consumed"],
    why: "The row counts as sent without waiting for the broker. Events that were under way when the broker was killed are lost.",
  },
  {
    name: "released-once-more",
    file: "services/logistics/inventory/domain/reservation.ts",
    find: 'cancelled: "restock",',
    replace: 'cancelled: "release",',
    caughtBy: "F6",
    breaks: ["stock.reserved", "stock.commits", "stock.reservation-ends"],
    why: "A cancellation releases the reservation although the commit has released it before. Other orders lose their reservation.",
  },
  {
    name: "stock-trusted-from-the-request",
    file: "services/logistics/inventory/domain/allocate.ts",
    find: 'if (missing.length > 0) return { kind: "none", missing };',
    replace: "void missing;",
    caughtBy: "F14",
    breaks: ["stock.order-covered"],
    why: "The request has checked the stock, so the check under the lock looks redundant. Two requests have seen the last piece.",
  },
  {
    name: "returned-refund-kept-quiet",
    file: "services/commerce/payments/domain/adopt.ts",
    find: `if (refunded < 0) facts.push({ kind: "refundFailed", amountMinor: -refunded, totalMinor: refundedMinor });`,
    replace: "",
    caughtBy: "F1",
    breaks: ["payments.agreed"],
    why: "The payment follows its provider when a refund comes back, and nobody else hears of it. The order says that the customer has the money.",
  },
  {
    name: "released-after-it-was-spent",
    file: "services/commerce/payments/domain/stored-value.ts",
    find: "- (earlier?.[i]?.reservedMinor ?? 0) + taken;",
    replace: "- (earlier?.[i]?.reservedMinor ?? 0);",
    caughtBy: "F1",
    breaks: ["stored-value.positions"],
    why: "What a gift card has reserved is spent, and released as well. Other orders lose what the card has reserved for them.",
  },
  {
    name: "spent-without-lowering-the-balance",
    file: "services/commerce/payments/stored-value.store.ts",
    find: "SET balance_minor = v.balance_minor + change.balance,",
    replace: "SET balance_minor = v.balance_minor + greatest(change.balance, 0),",
    caughtBy: "F1",
    breaks: ["stored-value.balanced"],
    why: "The reservation looks like the payment, so a capture only ends it. The card can be spent again and again.",
  },
  {
    name: "numbers-taken-beforehand",
    file: "services/commerce/billing/steps/issue-invoices.ts",
    find: `takeNumbers(tx, SHOP, "invoice", due)`,
    replace: `takeNumbers(ctx.db, SHOP, "invoice", due)`,
    caughtBy: "F1",
    failPoint: "billing.documents.before-commit:throw*3",
    breaks: ["billing.numbers", "billing.invoiced"],
    why: "The numbers are taken by a statement of its own, so that transactions need not wait for each other. A rollback leaves a gap.",
  },
  {
    name: "posted-apart-from-the-inbox",
    file: "services/commerce/ledger/steps/post-events.ts",
    find: "if (entries.length > 0) postEntries(ctx.tx, entries);",
    replace: `const tried = entries.map((entry) => ({ ...entry, eventId: [entry.eventId, ctx.attempt].join("/") }));
  if (entries.length > 0) await ctx.db.consume(ctx.cause, async (own) => postEntries(own, tried));`,
    caughtBy: "F1",
    failPoint: "ledger.PaymentCompleted.before-commit:throw*3",
    breaks: ["ledger.payments", "ledger.clearing"],
    why: "Entries are posted in a transaction of their own, under an id for each try. What is tried again is posted twice.",
  },
  {
    name: "refund-on-the-wrong-side",
    file: "services/commerce/ledger/domain/postings.ts",
    find: `      [accountOf("customer", data.customerId), minorOf(data)],
      ...paidBy(data).map(([account, minor]) => [account, -minor] as const),`,
    replace: `      ...paidBy(data),
      [accountOf("customer", data.customerId), -minorOf(data)],`,
    caughtBy: "F1",
    breaks: ["ledger.payments", "ledger.clearing"],
    why: "A refund is posted like a payment. Every entry balances, and the clearing account has more than the provider.",
  },
  {
    name: "import-enqueued-after-the-commit",
    file: "services/product/catalog/actions/imports.ts",
    find: "imports.enqueue(ctx, tx, [firstRound(importId)]);",
    replace: `tx.afterCommit(() => {
          void ctx.db.transaction(ctx.cause, async (own) => imports.enqueue(ctx, own, [firstRound(importId)]));
        });`,
    caughtBy: "F1",
    failPoint: "catalog.importProducts.after-commit:kill",
    breaks: ["catalog.importWork"],
    why: "The work is added when the file is stored for sure. After a crash in between, the import waits forever.",
  },
  {
    name: "price-history-after-the-commit",
    file: "services/product/pricing/steps/store-stream.ts",
    find: "if (changes.length > 0) recordChanges(ctx, tx, changes);",
    replace:
      "if (changes.length > 0) tx.afterCommit(() => void ctx.transaction(async (own) => recordChanges(ctx, own, changes)));",
    caughtBy: "F1",
    failPoint: "pricing.streamPrices.after-commit:kill",
    breaks: ["prices.last-change"],
    why: "The history of streamed prices is written in a second transaction, which does not hold them up. A crash between the two loses it.",
  },
  {
    name: "slot-held-while-the-body-arrives",
    file: "services/platform/gateway/gateway.ts",
    find: `    await this.#sockets.readBody(req, res);
    return this.#load.admit(res);`,
    replace: `    const admitted = await this.#load.admit(res);
    if (admitted) await this.#sockets.readBody(req, res);
    return admitted;`,
    caughtBy: "F17",
    breaks: [OTHERS_SERVED],
    why: "A request counts as load while its body arrives. A hundred clients that send a byte now and then close the shop.",
  },
  {
    name: "draft-marked-after-the-commit",
    file: "services/product/catalog/steps/write-drafts.ts",
    find: "await markWritten(tx, draft, productIds);",
    replace: "tx.afterCommit(() => void markWritten(ctx.db, draft, productIds));",
    caughtBy: "F1",
    failPoint: "catalog.create.after-commit:kill",
    breaks: ["catalog.drafts"],
    why: "That a draft was written is noted by a statement of its own, so that the writer need not wait. A crash between the two loses it, and no publication shows the product.",
  },
  {
    name: "charged-without-the-added-tax",
    file: "services/commerce/orders/domain/lines.ts",
    find: "+ addedMinor(taxes);",
    replace: "+ 0 * addedMinor(taxes);",
    caughtBy: "F1",
    breaks: ["orders.total"],
    why: "An order costs what its lines cost, as it did before there were taxes beside the prices. The shop pays the tax itself.",
  },
  {
    name: "charged-during-the-review",
    file: "services/commerce/payments/domain/payable.ts",
    find: "created !== null && reserved && !waitsForReview(payable) && !cancelled && paymentId === null",
    replace: "created !== null && reserved && !cancelled && paymentId === null",
    caughtBy: "F1",
    breaks: ["fraud.not-charged"],
    why: "The payment begins when the stock is reserved, as it did before there were reviews. Fraud is charged, and must be refunded.",
  },
  {
    name: "dearer-of-two-lists",
    file: "services/product/pricing/domain/resolve.ts",
    find: "a.amountMinor - b.amountMinor ||",
    replace: "b.amountMinor - a.amountMinor ||",
    caughtBy: "F1",
    breaks: ["orders.price-held"],
    why: "Two lists of one priority are sorted as priorities are, the higher number first. Customers pay the dearer price.",
  },
  {
    name: "list-without-an-end",
    file: "services/product/pricing/domain/lists.ts",
    find: "(list.endsAt === null || at < list.endsAt)",
    replace: "(list.endsAt === null || list.endsAt !== null)",
    caughtBy: "F1",
    breaks: ["orders.price-held"],
    why: "The end of a list is stored and shown, and not looked at. A sale that is over goes on.",
  },
  {
    name: "collected-by-age",
    file: "services/product/media/media.store.ts",
    find: `       WHERE unused_since < now() - make_interval(secs => $1) AND NOT is_kept AND NOT is_private
         AND NOT EXISTS (SELECT FROM product_image p WHERE p.media_id = m.media_id)
       ORDER BY unused_since LIMIT`,
    replace: `       WHERE created_at < now() - make_interval(secs => $1) AND NOT is_kept AND NOT is_private
       ORDER BY created_at LIMIT`,
    caughtBy: "F1",
    breaks: ["media.kept"],
    why: "The garbage collection looks at the age of images and not at what products show. The shop loses its pictures.",
  },
  ...promotionMutants,
  ...offerMutants,
  ...dealMutants,
];

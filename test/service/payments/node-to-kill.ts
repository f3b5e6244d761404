import { eventually } from "#test/support/eventually.ts";
import { type Order, paymentsHarness, staff } from "./payments-harness.ts";

/**
 * A node for a test to kill while two operations are in flight: the provider has charged one order and has not received
 * the other. A gift card pays 20 of each. It prints the orders as JSON when it has reached this state.
 */
const harness = await paymentsHarness({
  databaseUrl: process.argv[2] ?? "",
  timings: { timeoutMs: 60_000, leaseMs: Number(process.argv[3]) },
});
await harness.books.query("SELECT 1"); // makes the provider's books, so that the first request need not wait for them
const { giftCardId } = await harness.call("payments.issueGiftCard", { amount: 50, currency: "USD" }, staff);
const tenders: Order["tenders"] = [{ type: "giftCard", giftCardId, amount: 20 }];
const charged = { ...harness.order(), tenders };
const unsent = { ...harness.order(), tenders };
harness.faults.next = ({ request }) => (request.orderId === charged.orderId ? "doAndHang" : "hang");
await harness.publishCreated(charged, unsent);
await harness.publishReserved(charged, unsent);
await eventually(async () => {
  const taken = await harness.db.query("SELECT 1 FROM operation WHERE attempts > 0");
  if (taken.length < 2 || (await harness.charges(charged)).length < 1)
    throw new Error("the operations are not in flight yet");
});
process.stdout.write(`${JSON.stringify({ charged, unsent })}\n`);

import { eventually } from "#test/support/eventually.ts";
import { openTill } from "./payments-harness.ts";

/**
 * A node that is going to be killed in the middle of everything: of its two orders the provider has charged one and
 * never heard of the other. It prints them, as JSON, when it has got there.
 */
const till = await openTill({
  databaseUrl: process.argv[2] ?? "",
  timings: { timeoutMs: 60_000, leaseMs: Number(process.argv[3]) },
});
const charged = till.order();
const unheard = till.order();
till.faults.next = ({ request }) => (request.orderId === charged.orderId ? "doAndHang" : "hang");
await till.created(charged, unheard);
await till.reserved(charged, unheard);
await eventually(async () => {
  const taken = await till.db.query("SELECT 1 FROM operation WHERE attempts = 1");
  if (taken.length < 2 || (await till.charges(charged)).length < 1) throw new Error("not there yet");
});
process.stdout.write(`${JSON.stringify({ charged, unheard })}\n`);

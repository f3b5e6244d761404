import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "nats";
import { NAMESPACE } from "../cluster.ts";
import { check, type Fault, type FaultContext } from "../fault.ts";
import { untilIdle } from "../quiet.ts";
import { Random } from "../random.ts";
import { Redelivery } from "../redelivery.ts";
import type { Goods, Shopper } from "../shoppers.ts";

const OUT_OF_ORDER = resolve(import.meta.dirname, "../out-of-order.ts");
const ORDERS = { short: 40, full: 200 };
const AT_ONCE = 12;
const PIECES = 10_000;
const DEDUPE_WINDOW_MS = 120_000;
const QUIET_MS = 60_000;

/** The final state of one order as text, independent of when it was placed. */
type Ends = readonly string[];

export const deliveredAgain: Fault = {
  name: "F6",
  title: "each event three times, shuffled in a window of 50; one redelivered after the dedupe window",
  async run(scene) {
    const { cluster, random, note } = scene;
    const script = String(random.next());
    const clean = await shopBy(scene, script);
    note("from here on everything is delivered three times, in no order");
    const consuming = cluster.nodes.filter(({ name }) => !name.startsWith("edge"));
    for (const node of consuming) node.usually({ preload: [OUT_OF_ORDER] });
    await Promise.all(consuming.map((node) => node.restart("SIGTERM")));
    const redelivery = await Redelivery.start(cluster.nats.url, random);
    const again = await shopBy(scene, script);
    const old = await deliverOldest(scene);
    await sleep(2_000);
    await redelivery.stop();
    for (const node of consuming) node.usually({});
    await Promise.all(consuming.map((node) => node.restart("SIGTERM")));
    const others = again.flatMap((end, i) => (end === clean[i] ? [] : [`"${end}" instead of "${clean[i]}"`]));
    for (const other of others) note(other);
    const same = clean.length - others.length;
    return [
      check(
        others.length === 0 && again.length === clean.length,
        `${same} of ${clean.length} ends of orders and stock as in a clean run, with ${redelivery.copies} events delivered again`,
      ),
      check(true, old),
    ];
  },
};

/** The same purchases each time. @returns their final states, and the remaining stock */
async function shopBy({ cluster, load, dose }: FaultContext, script: string): Promise<Ends> {
  const goods = await load.newGoods(PIECES);
  const random = new Random(script);
  const plans = Array.from({ length: ORDERS[dose] }, () => ({
    kind: random.of(["pay", "pay", "pay", "decline", "cancel"]),
    quantity: random.between(1, 3),
  }));
  const ends: string[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < plans.length; i = next++) {
      const shopper = load.shoppers[i % load.shoppers.length] as Shopper;
      const plan = plans[i] as (typeof plans)[number];
      ends[i] = await endOf(shopper, goods, plan);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await untilIdle(cluster, QUIET_MS);
  const final = await cluster.query<{ order_id: string; state: string }>(
    "orders",
    `SELECT order_id, concat_ws(' ', status, payment_status, captured_minor, refunded_minor) AS state FROM orders WHERE order_id = ANY ($1)`,
    [ends],
  );
  const states = new Map(final.map((row) => [row.order_id, row.state]));
  const [shelf] = await cluster.query("inventory", "SELECT on_hand, reserved FROM stock WHERE sku = $1", [goods.sku]);
  return [...ends.map((orderId) => states.get(orderId) ?? "missing"), JSON.stringify(shelf)];
}

/** @returns the order's id */
async function endOf(
  shopper: Shopper,
  goods: Goods,
  { kind, quantity }: { kind: string; quantity: number },
): Promise<string> {
  const method = kind === "decline" ? "pm_card_chargeDeclined" : "pm_card_visa";
  const order = await shopper.order(goods, { quantity, method, wait: 8 });
  const orderId = String(order?.body?.orderId);
  if (kind === "cancel") await shopper.cancel(orderId); // after it was paid, so that the result is the same in every run
  return orderId;
}

/** Publishes the oldest event of a stream again under its own id, which is outside the broker's window if it is old enough. */
async function deliverOldest({ cluster }: FaultContext): Promise<string> {
  const connection = await connect({ servers: cluster.nats.url });
  try {
    const manager = await connection.jetstreamManager();
    const stream = `${NAMESPACE}-orders-events`;
    const { state } = await manager.streams.info(stream);
    const oldest = await manager.streams.getMessage(stream, { seq: state.first_seq });
    const ageMs = Date.now() - oldest.time.getTime();
    if (ageMs < DEDUPE_WINDOW_MS) oldest.header.delete("Nats-Msg-Id"); // the broker would still know it
    const { duplicate } = await connection.jetstream().publish(oldest.subject, oldest.data, { headers: oldest.header });
    return `an event of ${Math.round(ageMs / 1_000)} s ago delivered again${duplicate ? ", and refused by the broker" : ""}`;
  } finally {
    await connection.close();
  }
}

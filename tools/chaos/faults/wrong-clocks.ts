import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { check, type Fault } from "../fault.ts";

const CLOCK = resolve(import.meta.dirname, "../clock.ts");
const MINUTES_10 = 600_000;
const PHASE_MS = { short: 2_000, full: 8_000 };

export const wrongClocks: Fault = {
  name: "F8",
  title: "clock of one node 10 minutes off, and a jump mid-saga",
  async run({ cluster, load, dose, note }) {
    const began = await databaseTime(cluster);
    const wrong = (ms: number) => ({
      preload: [CLOCK],
      env: { CLOCK_OFFSET_MS: String(ms), CLOCK_JUMP_MS: String(MINUTES_10) },
    });
    note("shop-2 is 10 minutes ahead, inventory-2 10 minutes behind");
    await Promise.all([
      cluster.node("shop-2").restart("SIGKILL", wrong(MINUTES_10)),
      cluster.node("inventory-2").restart("SIGKILL", wrong(-MINUTES_10)),
      cluster.node("payments-2").restart("SIGKILL", wrong(0)),
    ]);
    load.start();
    await sleep(PHASE_MS[dose]);
    note("payments-2 jumps 10 minutes ahead, inventory-2 back to the right time");
    for (const name of ["payments-2", "inventory-2"]) cluster.node(name).signal("SIGUSR2");
    await sleep(PHASE_MS[dose]);
    await load.stop();
    await Promise.all(["shop-2", "inventory-2", "payments-2"].map((name) => cluster.node(name).restart("SIGKILL")));
    const early = await cluster.query(
      "orders",
      `SELECT order_id FROM orders WHERE created_at >= $1 AND (reason = 'payment_deadline' OR reason LIKE 'expired%')`,
      [began],
    );
    const torn = await cluster.query(
      "orders",
      `SELECT order_id FROM (
         SELECT h.order_id, h.from_status, h.version,
                lag(h.to_status) OVER (PARTITION BY h.order_id ORDER BY h.version) AS before
         FROM order_history h JOIN orders USING (order_id) WHERE created_at >= $1
       ) AS steps WHERE version > 1 AND from_status IS DISTINCT FROM before`,
      [began],
    );
    const [count] = await cluster.query<{ orders: number }>(
      "orders",
      "SELECT count(*)::int AS orders FROM orders WHERE created_at >= $1",
      [began],
    );
    return [
      check(early.length === 0 && (count?.orders ?? 0) > 0, `${early.length} of ${count?.orders} orders expired early`),
      check(torn.length === 0, `${torn.length} histories whose versions are not in the order of their steps`),
    ];
  },
};

async function databaseTime(cluster: {
  query: <R extends object>(service: string, text: string) => Promise<R[]>;
}): Promise<Date> {
  const [row] = await cluster.query<{ now: Date }>("orders", "SELECT now() AS now");
  return row?.now ?? new Date(0);
}

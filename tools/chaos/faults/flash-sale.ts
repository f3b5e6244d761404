import { setTimeout as sleep } from "node:timers/promises";
import { check, type Fault } from "../fault.ts";
import type { Goods } from "../shoppers.ts";

const PIECES = 100;
const BUYERS = { short: 400, full: 2_000 };
const AT_ONCE = 64;

let rush: Goods | undefined;

export const flashSale: Fault = {
  name: "F14",
  title: "flash sale: one SKU, 100 pieces, 2,000 buyers, inventory killed twice",
  async run({ cluster, load, random, dose, note }) {
    const goods = await load.newGoods(PIECES);
    rush = goods;
    let next = 0;
    let refused = 0;
    const buy = async () => {
      for (let buyer = next++; buyer < BUYERS[dose]; buyer = next++) {
        const shopper = load.shoppers[buyer % load.shoppers.length];
        const answer = await shopper?.order(goods);
        if (answer?.status === 409) refused += 1;
      }
    };
    const buying = Promise.all(Array.from({ length: AT_ONCE }, buy));
    for (const victim of ["inventory-1", "inventory-2"]) {
      await sleep(random.between(200, 900));
      note(`kill -9 ${victim} after ${next} buyers`);
      cluster.node(victim).kill();
    }
    await buying;
    return [
      check(
        next >= BUYERS[dose],
        `${BUYERS[dose]} purchases tried by ${load.shoppers.length} accounts, ${refused} told "out of stock" at once`,
      ),
    ];
  },
  async afterwards({ cluster }) {
    const sku = rush?.sku;
    const [sold] = await cluster.query<{ pieces: number }>(
      "orders",
      `SELECT coalesce(sum(quantity), 0)::int AS pieces FROM order_line JOIN orders USING (order_id)
       WHERE sku = $1 AND status = 'paid'`,
      [sku],
    );
    const [shelf] = await cluster.query<{ on_hand: number; reserved: number }>(
      "inventory",
      "SELECT on_hand, reserved FROM stock WHERE sku = $1",
      [sku],
    );
    const exact = sold?.pieces === PIECES && shelf?.on_hand === 0 && shelf.reserved === 0;
    return [check(exact, `${sold?.pieces} sold, ${shelf?.on_hand} on the shelf, ${shelf?.reserved} reserved`)];
  },
};

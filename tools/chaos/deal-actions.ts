import { randomUUID } from "node:crypto";
import type { Answer, Request } from "./http.ts";
import type { Random } from "./random.ts";
import type { Caller, Goods, Shopper } from "./shoppers.ts";

const SLOTS = 2; // so few that most buyers have to wait until others give theirs back
const PRICE = 12; // below that of the shop
const RUNS_MS = 3_600_000; // longer than a run
const BUYING = 0.7; // of those who get a slot; the others give it back
const CANCELLING = 0.5; // of those who buy: their slots go to the next ones

/**
 * A lightning deal from its beginning to its end: buyers claim its slots at once, order, cancel and give back. Those who wait
 * look once more before they go, so that slots which others have given back are served in turn.
 */
export async function dealRush(
  staff: Caller,
  goods: Goods,
  shoppers: readonly Shopper[],
  random: Random,
): Promise<void> {
  const startsAt = new Date(Date.now() - 1_000).toISOString();
  const endsAt = new Date(Date.now() + RUNS_MS).toISOString();
  const terms = { sku: goods.sku, price: PRICE, currency: "USD", slots: SLOTS, startsAt, endsAt };
  const made = await write(staff, "POST", "/deals", terms);
  if (made?.status !== 201) return;
  const path = `/deals/${made.body.dealId}`;
  await Promise.all(
    shoppers.map(async (shopper) => {
      const claimed = await write(shopper.caller, "POST", `${path}/claims`, {});
      const claim = `${path}/claims/${claimed?.body.claimId}`;
      if (claimed?.status !== 201) return;
      const now = claimed.body.status === "granted" ? claimed : await write(shopper.caller, "GET", claim);
      if (now?.body.status !== "granted" || random.next() > BUYING)
        return void (await write(shopper.caller, "DELETE", claim));
      const order = await shopper.order(goods, { wait: 5 });
      if (order?.status === 201 && random.next() < CANCELLING) await shopper.cancel(order.body.orderId);
    }),
  );
  await write(staff, "DELETE", path);
}

function write(who: Caller, method: Request["method"], path: string, body?: object): Promise<Answer | undefined> {
  const headers = { "idempotency-key": randomUUID() };
  return who.insist("deals", { method, path, headers, ...(body ? { body } : {}) });
}

import { randomUUID } from "node:crypto";
import type { Request } from "./http.ts";
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";
import type { Goods } from "./shoppers.ts";

const TERMS = { currency: "USD", priority: 1 };

/**
 * Lists for some goods: two of the same priority, of which the lower price counts, from two pieces on; one that has ended;
 * and one for another country. Each is wrong to use in its own way.
 */
export async function addListsFor(load: Load, goods: readonly Goods[]): Promise<void> {
  const lists = [
    { list: { code: "CHAOS-A" }, price: { amount: 18, minQuantity: 2 } },
    { list: { code: "CHAOS-B" }, price: { amount: 19, minQuantity: 2 } },
    { list: { code: "CHAOS-ENDED", priority: 9, endsAt: "2025-01-01" }, price: { amount: 3 } },
    { list: { code: "CHAOS-ABROAD", priority: 9, region: "DE" }, price: { amount: 4 } },
  ];
  for (const { list, price } of lists) {
    await write(load, "POST", "/price-lists", { ...TERMS, ...list });
    for (const { sku } of goods) await write(load, "PUT", `/price-lists/${list.code}/prices/${sku}`, price);
  }
}

/** Every write of price lists, rates and groups. No shopper buys what they are about. */
export async function priceActions(load: Load, random: Random): Promise<void> {
  const code = `chaos-${randomUUID()}`.slice(0, 40);
  const { sku } = await load.newGoods(0);
  const amount = () => random.between(1, 99);
  await write(load, "POST", "/price-lists", { ...TERMS, code, customerGroup: code });
  await write(load, "PUT", `/price-lists/${code}`, { priority: random.between(0, 5), customerGroup: code });
  await write(load, "PUT", `/price-lists/${code}/prices/${sku}`, { amount: amount() });
  await write(load, "POST", `/price-lists/${code}/prices:batch`, {
    prices: [{ sku, amount: amount(), minQuantity: 9 }],
  });
  await write(load, "DELETE", `/price-lists/${code}/prices/${sku}`);
  await write(load, "DELETE", `/price-lists/${code}`);
  await write(load, "PUT", "/exchange-rates/EUR/ISK", { rate: random.between(100, 200) });
  await write(load, "POST", "/customer-groups", { code, name: "Chaos" });
  await write(load, "PUT", `/customers/${random.of(load.shoppers).customerId}/groups`, { groups: [code] });
}

function write(load: Load, method: Request["method"], path: string, body?: object) {
  const headers = { "idempotency-key": randomUUID() };
  return load.staff.insist("prices", { method, path, headers, ...(body ? { body } : {}) });
}

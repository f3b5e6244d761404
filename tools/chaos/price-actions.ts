import { randomUUID } from "node:crypto";
import type { Request } from "./http.ts";
import type { Random } from "./random.ts";
import type { Caller, Goods } from "./shoppers.ts";

const TERMS = { currency: "USD", priority: 1 };

/**
 * Lists for some goods: two of the same priority, of which the lower price counts, from two pieces on; one that has ended;
 * and one for another country. Each is wrong to use in its own way.
 */
export async function addListsFor(staff: Caller, goods: readonly Goods[]): Promise<void> {
  const lists = [
    { list: { code: "CHAOS-A" }, price: { amount: 18, minQuantity: 2 } },
    { list: { code: "CHAOS-B" }, price: { amount: 19, minQuantity: 2 } },
    { list: { code: "CHAOS-ENDED", priority: 9, endsAt: "2025-01-01" }, price: { amount: 3 } },
    { list: { code: "CHAOS-ABROAD", priority: 9, region: "DE" }, price: { amount: 4 } },
  ];
  for (const { list, price } of lists) {
    await write(staff, "POST", "/price-lists", { ...TERMS, ...list });
    for (const { sku } of goods) await write(staff, "PUT", `/price-lists/${list.code}/prices/${sku}`, price);
  }
}

/**
 * Every write of price lists, rates and groups.
 * @param sku that nobody buys
 */
export async function priceActions(staff: Caller, sku: string, customerId: string, random: Random): Promise<void> {
  const code = `chaos-${randomUUID()}`.slice(0, 40);
  const amount = () => random.between(1, 99);
  await write(staff, "POST", "/price-lists", { ...TERMS, code, customerGroup: code });
  await write(staff, "PUT", `/price-lists/${code}`, { priority: random.between(0, 5), customerGroup: code });
  await write(staff, "PUT", `/price-lists/${code}/prices/${sku}`, { amount: amount() });
  await write(staff, "POST", `/price-lists/${code}/prices:batch`, {
    prices: [{ sku, amount: amount(), minQuantity: 9 }],
  });
  await write(staff, "DELETE", `/price-lists/${code}/prices/${sku}`);
  await write(staff, "DELETE", `/price-lists/${code}`);
  await write(staff, "PUT", "/exchange-rates/EUR/ISK", { rate: random.between(100, 200) });
  await write(staff, "POST", "/customer-groups", { code, name: "Chaos" });
  await write(staff, "PUT", `/customers/${customerId}/groups`, { groups: [code] });
}

function write(staff: Caller, method: Request["method"], path: string, body?: object) {
  const headers = { "idempotency-key": randomUUID() };
  return staff.insist("prices", { method, path, headers, ...(body ? { body } : {}) });
}

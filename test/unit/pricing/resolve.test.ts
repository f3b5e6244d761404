import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { holds, type ListPrice, type PriceList, type Purchase } from "#services/product/pricing/domain/lists.ts";
import { type HeldPrice, pricesByQuantity, priceThatHolds } from "#services/product/pricing/domain/resolve.ts";

const at = (day: number) => new Date(Date.UTC(2026, 0, day));
const day = fc.integer({ min: 1, max: 6 }).map(at);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 2 });

const terms = fc.record({
  currency: fc.constantFrom("USD", "USD", "EUR"),
  customerGroup: maybe(fc.constantFrom("trade", "staff")),
  region: maybe(fc.constantFrom("US", "DE")),
  startsAt: maybe(day),
  endsAt: maybe(day),
  priority: fc.integer({ min: 0, max: 2 }),
});
const CODES = ["A", "B", "C", "D"];
const lists = fc
  .tuple(...CODES.map(() => terms))
  .map((all) => new Map(all.map((one, i): [string, PriceList] => [CODES[i] ?? "", { code: CODES[i] ?? "", ...one }])));
const entry = fc.record<ListPrice>({
  list: fc.constantFrom(...CODES, "GONE"),
  sku: fc.constant("MUG"),
  warehouseId: maybe(fc.constantFrom("wh_1", "wh_2")),
  minQuantity: fc.constantFrom(1, 5, 10),
  amountMinor: fc.integer({ min: 0, max: 9 }),
});
const entries = fc.uniqueArray(entry, {
  selector: ({ list, warehouseId, minQuantity }) => `${list} ${warehouseId} ${minQuantity}`,
  maxLength: 12,
});
const purchase = fc.record<Purchase>({
  currency: fc.constant("USD"),
  groups: fc.subarray(["trade", "staff"]),
  region: fc.constantFrom("US", "DE", undefined),
  warehouseId: fc.constantFrom("wh_1", "wh_2", undefined),
  at: day,
});
const quantity = fc.integer({ min: 1, max: 12 });
const base = fc.option(
  fc.record({ amountMinor: fc.integer({ min: 0, max: 9 }), source: fc.constant("base" as const) }),
  { nil: undefined, freq: 3 },
);
const situation = fc.record({ lists, entries, purchase, quantity, base });
type Situation = typeof situation extends fc.Arbitrary<infer S> ? S : never;

const resolve = ({ lists, entries, purchase, quantity, base }: Situation): HeldPrice | undefined =>
  priceThatHolds({ base, entries }, lists, purchase, quantity);

/** The rule as it is said in one sentence, over numbers: the first of a sorted list of everything that may be charged. */
function asTold({ lists, entries, purchase, quantity, base }: Situation): number | undefined {
  const reached = (one: ListPrice) =>
    entries
      .filter(
        (other) => other.list === one.list && other.warehouseId === one.warehouseId && other.minQuantity <= quantity,
      )
      .every((other) => other.minQuantity <= one.minQuantity);
  const offers = entries.flatMap((one) => {
    const list = lists.get(one.list);
    if (!list || one.minQuantity > quantity || !reached(one)) return [];
    if (one.warehouseId !== null && one.warehouseId !== purchase.warehouseId) return [];
    if (list.currency !== purchase.currency) return [];
    if (list.region !== null && list.region !== purchase.region) return [];
    if (list.customerGroup !== null && !purchase.groups.includes(list.customerGroup)) return [];
    if (list.startsAt !== null && purchase.at < list.startsAt) return [];
    if (list.endsAt !== null && purchase.at >= list.endsAt) return [];
    // Weighed as one number: the warehouse, then the priority, then how low the price is.
    return [{ weight: (one.warehouseId === null ? 0 : 1_000) + list.priority * 100 - one.amountMinor, one }];
  });
  const heaviest = Math.max(...offers.map(({ weight }) => weight));
  return offers.find(({ weight }) => weight === heaviest)?.one.amountMinor ?? base?.amountMinor;
}

describe("the price that holds", () => {
  test("is what the rule says, for any lists", () => {
    fc.assert(
      fc.property(situation, (all) => {
        expect(resolve(all)?.amountMinor).toBe(asTold(all));
        expect(resolve(all)?.listMinor).toBe(resolve(all) && all.base?.amountMinor);
      }),
      { numRuns: 2_000 },
    );
  });

  test("does not depend on the order of lists or entries", () => {
    fc.assert(
      fc.property(situation, (all) => {
        const reversed = { ...all, entries: all.entries.toReversed(), lists: new Map([...all.lists].reverse()) };
        expect(resolve(reversed)).toEqual(resolve(all));
      }),
    );
  });

  test("stays when a list that does not hold is added, or an entry that does not apply", () => {
    fc.assert(
      fc.property(situation, terms, entry, (all, more, extra) => {
        const added = { code: "NEW", ...more };
        const entries = [...all.entries, { ...extra, list: "NEW" }];
        fc.pre(!holds(added, all.purchase) || extra.minQuantity > all.quantity);
        expect(resolve({ ...all, entries, lists: new Map([...all.lists, ["NEW", added]]) })).toEqual(resolve(all));
      }),
    );
  });

  test("is that of an entry, or the base price, and names where it comes from", () => {
    fc.assert(
      fc.property(situation, (all) => {
        const held = resolve(all);
        if (!held) expect(all.base).toBeUndefined();
        else if (held.source === "base") expect(held.amountMinor).toBe(all.base?.amountMinor);
        else
          expect(
            all.entries.some((one) => `list:${one.list}` === held.source && one.amountMinor === held.amountMinor),
          ).toBe(true);
      }),
    );
  });

  test("is not lower for members of a group than that group's list says, whatever the base price is", () => {
    const vip = {
      code: "VIP",
      currency: "USD",
      customerGroup: "vip",
      region: null,
      startsAt: null,
      endsAt: null,
      priority: 1,
    };
    const listed = { list: "VIP", sku: "MUG", warehouseId: null, minQuantity: 1, amountMinor: 500 };
    const ask = (groups: string[]) =>
      priceThatHolds(
        { base: { amountMinor: 400, source: "base" }, entries: [listed] },
        new Map([["VIP", vip]]),
        { currency: "USD", groups, at: at(1) },
        1,
      );
    expect(ask(["vip"])).toEqual({ amountMinor: 500, listMinor: 400, source: "list:VIP" });
    expect(ask([])).toEqual({ amountMinor: 400, listMinor: 400, source: "base" });
  });
});

test("prices by quantity are those of each quantity", () => {
  fc.assert(
    fc.property(situation, (all) => {
      const steps = pricesByQuantity(all, all.lists, all.purchase, 20);
      const held = resolve(all)?.amountMinor;
      const step = steps.findLast(({ minQuantity }) => minQuantity <= all.quantity);
      if (steps.length > 0) expect(step?.amountMinor).toBe(held);
      else expect(resolve({ ...all, quantity: 1 })?.amountMinor ?? held).toBe(held);
      for (const [i, { amountMinor }] of steps.entries()) expect(amountMinor).not.toBe(steps[i + 1]?.amountMinor);
    }),
  );
});

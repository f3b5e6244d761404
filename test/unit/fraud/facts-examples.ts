import fc from "fast-check";
import { type Facts, QUIET } from "#services/commerce/fraud/domain/facts.ts";

/** An order that nothing is suspicious about. */
export const ordinary: Facts = {
  customer: { isGuest: false, ageHours: 5_000, paidOrders: 0, disputes: 0, disposableMail: false },
  amountRatio: 0.05,
  pieces: 1,
  countries: { shipping: "US", billing: "US", client: "US" },
  network: null,
  velocity: QUIET,
};

/** Parts of facts, as deep as needed. */
type Partly<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]?: Partly<T[K]> } : T;

/** The ordinary order with changes. */
export function facts(changes: Partly<Facts> = {}): Facts {
  return merged(ordinary, changes) as Facts;
}

function merged(base: unknown, changes: unknown): unknown {
  if (typeof base !== "object" || base === null || typeof changes !== "object" || changes === null) return changes;
  const names = new Set([...Object.keys(base), ...Object.keys(changes)]);
  const get = (object: object, name: string) => (object as Record<string, unknown>)[name];
  return Object.fromEntries(
    [...names].map((name) => [name, name in changes ? merged(get(base, name), get(changes, name)) : get(base, name)]),
  );
}

const country = fc.constantFrom(null, "US", "DE", "VN");
const shared = fc.record({ hour: fc.nat(60), day: fc.nat(60) });

/** Any facts. */
export const anyFacts: fc.Arbitrary<Facts> = fc.record({
  customer: fc.record({
    isGuest: fc.boolean(),
    ageHours: fc.option(fc.double({ min: 0, max: 100_000, noNaN: true })),
    paidOrders: fc.nat(100),
    disputes: fc.nat(3),
    disposableMail: fc.boolean(),
  }),
  amountRatio: fc.option(fc.double({ min: 0, max: 1_000, noNaN: true })),
  pieces: fc.nat(1_000_000),
  countries: fc.record({ shipping: country, billing: country, client: country }),
  network: fc.constantFrom(null, { kind: "hosting", name: "A" } as const, { kind: "vpn", name: "B" } as const),
  velocity: fc.record({
    customer: fc.record({ tenMinutes: fc.nat(30), hour: fc.nat(30), day: fc.nat(30) }),
    declinedHour: fc.nat(30),
    methodCustomers: shared,
    addressCustomers: shared,
    clientCustomers: shared,
  }),
});

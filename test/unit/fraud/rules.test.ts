import { describe, expect, test } from "@jest/globals";
import type { Facts } from "#services/commerce/fraud/domain/facts.ts";
import { rules } from "#services/commerce/fraud/domain/rules.ts";
import { facts, ordinary } from "./facts-examples.ts";

const guest = { isGuest: true, ageHours: null };
const hosting = { kind: "hosting", name: "A Cloud" } as const;
const vpn = { kind: "vpn", name: "A VPN" } as const;

/** For each rule: facts for which it is true, and facts next to them for which it is not. */
const cases: Readonly<Record<string, { yes: readonly Facts[]; no: readonly Facts[] }>> = {
  "new-customer": {
    yes: [facts({ customer: { ageHours: 23.9 } }), facts({ customer: guest })],
    no: [facts({ customer: { ageHours: 24 } }), facts({ customer: { ageHours: null } })],
  },
  "disposable-mail": { yes: [facts({ customer: { disposableMail: true } })], no: [ordinary] },
  "disputed-before": { yes: [facts({ customer: { disputes: 1 } })], no: [ordinary] },
  "paid-before": {
    yes: [facts({ customer: { paidOrders: 1 } })],
    no: [ordinary, facts({ customer: { paidOrders: 1, disputes: 1 } })],
  },
  "regular-customer": {
    yes: [facts({ customer: { paidOrders: 3 } })],
    no: [facts({ customer: { paidOrders: 2 } }), facts({ customer: { paidOrders: 3, disputes: 1 } })],
  },
  "high-amount": { yes: [facts({ amountRatio: 1 })], no: [facts({ amountRatio: 0.99 }), facts({ amountRatio: null })] },
  "very-high-amount": {
    yes: [facts({ amountRatio: 5 })],
    no: [facts({ amountRatio: 4.99 }), facts({ amountRatio: null })],
  },
  "many-pieces": { yes: [facts({ pieces: 100 })], no: [facts({ pieces: 99 })] },
  bulk: { yes: [facts({ pieces: 1_000 })], no: [facts({ pieces: 999 })] },
  "customer-in-10-minutes": {
    yes: [facts({ velocity: { customer: { tenMinutes: 5 } } })],
    no: [facts({ velocity: { customer: { tenMinutes: 4, hour: 9, day: 19 } } })],
  },
  "customer-in-an-hour": {
    yes: [facts({ velocity: { customer: { hour: 10 } } })],
    no: [facts({ velocity: { customer: { hour: 9, day: 30 } } })],
  },
  "customer-in-a-day": {
    yes: [facts({ velocity: { customer: { day: 20 } } })],
    no: [facts({ velocity: { customer: { day: 19 } } })],
  },
  "declined-payments": {
    yes: [
      facts({ velocity: { declinedHour: 5, customer: { hour: 6 } } }),
      facts({ velocity: { declinedHour: 5, customer: { hour: 10 } } }),
    ],
    no: [
      facts({ velocity: { declinedHour: 4, customer: { hour: 5 } } }),
      facts({ velocity: { declinedHour: 5, customer: { hour: 11 } } }),
    ],
  },
  "method-of-several-in-an-hour": {
    yes: [facts({ velocity: { methodCustomers: { hour: 3 } } })],
    no: [facts({ velocity: { methodCustomers: { hour: 2, day: 9 } } })],
  },
  "method-of-several-in-a-day": {
    yes: [facts({ velocity: { methodCustomers: { day: 4 } } })],
    no: [facts({ velocity: { methodCustomers: { day: 3 } } })],
  },
  "address-of-several-in-an-hour": {
    yes: [facts({ velocity: { addressCustomers: { hour: 4 } } })],
    no: [facts({ velocity: { addressCustomers: { hour: 3, day: 9 } } })],
  },
  "address-of-several-in-a-day": {
    yes: [facts({ velocity: { addressCustomers: { day: 8 } } })],
    no: [facts({ velocity: { addressCustomers: { day: 7 } } })],
  },
  "client-of-several-in-an-hour": {
    yes: [facts({ velocity: { clientCustomers: { hour: 5 } } })],
    no: [facts({ velocity: { clientCustomers: { hour: 4, day: 14 } } })],
  },
  "client-of-several-in-a-day": {
    yes: [facts({ velocity: { clientCustomers: { day: 15 } } })],
    no: [facts({ velocity: { clientCustomers: { day: 14 } } })],
  },
  "billed-elsewhere": {
    yes: [facts({ countries: { billing: "DE" } })],
    no: [ordinary, facts({ countries: { billing: null } }), facts({ countries: { shipping: null, billing: "DE" } })],
  },
  "ordered-from-elsewhere": {
    yes: [facts({ countries: { client: "VN" } }), facts({ countries: { billing: "DE", client: "VN" } })],
    no: [facts({ countries: { client: null } }), facts({ countries: { billing: "DE", client: "DE" } })],
  },
  "hosting-network": { yes: [facts({ network: hosting })], no: [ordinary, facts({ network: vpn })] },
  "vpn-network": { yes: [facts({ network: vpn })], no: [ordinary, facts({ network: hosting })] },
};

describe("the table of rules", () => {
  test("has cases for every rule, and names each once", () => {
    expect(rules.map(({ name }) => name)).toEqual(Object.keys(cases));
  });

  test.each(rules)("$name is true when it should be, and only then", ({ name, when, explain }) => {
    for (const example of cases[name]?.yes ?? []) {
      expect({ example, is: when(example) }).toEqual({ example, is: true });
      expect(explain(example)).toMatch(/^[A-Z0-9].{10,}[^.]$/);
    }
    for (const example of cases[name]?.no ?? []) expect({ example, is: when(example) }).toEqual({ example, is: false });
    expect(when(ordinary)).toBe(false);
  });

  test("only speaks for a customer with points below 0", () => {
    for (const { name, kind, points } of rules)
      expect([name, Math.sign(points)]).toEqual([name, kind === "trust" ? -1 : 1]);
  });
});

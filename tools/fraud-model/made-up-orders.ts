import type { Facts } from "#services/commerce/fraud/domain/facts.ts";
import { Random } from "#tools/chaos/random.ts";

/** An order that nobody has placed, and whether it is meant to be fraud. */
export interface MadeUpOrder {
  facts: Facts;
  isFraud: boolean;
}

/** Numbers from a seed: the same seed always gives the same orders. */
class Dice extends Random {
  constructor(seed: number) {
    super(seed, seed);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Spread evenly over the magnitudes between two numbers, so that small ones are as frequent as large ones. */
  magnitude(from: number, to: number): number {
    return from * (to / from) ** this.next();
  }
}

const HOME = "US";
const ABROAD = "DE";

/** The most frequent order of all: somebody known buys something small at home. */
function ordinary(dice: Dice): Facts {
  const hour = dice.chance(0.1) ? 2 : 1;
  return {
    customer: {
      isGuest: false,
      ageHours: dice.magnitude(48, 30_000),
      paidOrders: dice.between(0, 12),
      disputes: 0,
      disposableMail: dice.chance(0.005),
    },
    amountRatio: dice.magnitude(0.01, 0.8),
    pieces: dice.between(1, 4),
    countries: { shipping: HOME, billing: HOME, client: dice.chance(0.06) ? null : dice.chance(0.05) ? ABROAD : HOME },
    network: dice.chance(0.02) ? { kind: "vpn", name: "" } : null,
    velocity: {
      customer: { tenMinutes: 1, hour, day: hour },
      declinedHour: dice.chance(0.03) ? 1 : 0,
      methodCustomers: { hour: 1, day: 1 },
      addressCustomers: { hour: 1, day: dice.chance(0.1) ? 2 : 1 },
      clientCustomers: { hour: 1, day: dice.chance(0.1) ? 2 : 1 },
    },
  };
}

type Change = (facts: Facts, dice: Dice) => Facts;

const asNewcomer: Change = (facts, dice) => ({
  ...facts,
  customer: {
    ...facts.customer,
    isGuest: dice.chance(0.4),
    ageHours: dice.magnitude(0.01, 20),
    paidOrders: 0,
    disposableMail: dice.chance(0.02),
  },
});

const shared = (dice: Dice, from: number, to: number) => {
  const day = dice.between(from, to);
  return { hour: Math.ceil(day / 2), day };
};

/** The kinds of honest orders beside ordinary ones, with how often each occurs. */
const honest: readonly [share: number, change: Change][] = [
  [0.2, asNewcomer],
  [0.05, (facts) => ({ ...facts, countries: { ...facts.countries, shipping: ABROAD } })], // a present
  [
    0.1,
    (facts, dice) => {
      // Somebody who buys for resale: many pieces, high amounts, often several orders at once, and sometimes new.
      const buyer = dice.chance(0.4) ? asNewcomer(facts, dice) : facts;
      const hour = dice.between(1, 25);
      const customer = { tenMinutes: Math.ceil(hour / 2), hour, day: hour };
      const pieces = Math.round(dice.magnitude(50, 50_000));
      return { ...buyer, pieces, amountRatio: dice.magnitude(0.3, 150), velocity: { ...buyer.velocity, customer } };
    },
  ],
  [
    0.07,
    (facts, dice) => {
      // An office, a dormitory, a forwarder: one address of many.
      const [addressCustomers, clientCustomers] = [shared(dice, 3, 40), shared(dice, 1, 40)];
      return { ...facts, velocity: { ...facts.velocity, addressCustomers, clientCustomers } };
    },
  ],
  [
    0.05,
    (facts, dice) => {
      // Somebody who hides where they are, for no bad reason.
      const client = dice.chance(0.5) ? ABROAD : HOME;
      return { ...facts, network: { kind: "vpn", name: "" }, countries: { ...facts.countries, client } };
    },
  ],
];

/** The planted patterns of fraud, with the share of each. */
const fraudulent: readonly [share: number, change: Change][] = [
  [
    0.3,
    (facts, dice) => {
      // Stolen cards are tried with small orders, one after the other, from one machine.
      const hour = dice.between(4, 25);
      return {
        ...asNewcomer(facts, dice),
        network: dice.chance(0.5) ? { kind: "hosting", name: "" } : null,
        velocity: {
          ...facts.velocity,
          customer: { tenMinutes: hour, hour, day: hour },
          declinedHour: dice.between(2, hour),
          clientCustomers: shared(dice, 2, 20),
        },
      };
    },
  ],
  [
    0.4,
    (facts, dice) => {
      // A stolen card is used: somebody new and hidden orders something dear, with the bill to the card's owner.
      const thief = asNewcomer(facts, dice);
      return {
        ...thief,
        customer: { ...thief.customer, disposableMail: dice.chance(0.5) },
        amountRatio: dice.magnitude(0.3, 8),
        network: dice.chance(0.6) ? { kind: "hosting", name: "" } : null,
        countries: {
          shipping: dice.chance(0.5) ? ABROAD : HOME,
          billing: HOME,
          client: dice.chance(0.6) ? "VN" : HOME,
        },
      };
    },
  ],
  [
    0.2,
    (facts, dice) => {
      // One person with many accounts.
      const member = asNewcomer(facts, dice);
      return {
        ...member,
        customer: { ...member.customer, disposableMail: dice.chance(0.5) },
        velocity: {
          ...facts.velocity,
          methodCustomers: shared(dice, 2, 10),
          addressCustomers: shared(dice, 2, 10),
          clientCustomers: shared(dice, 2, 10),
        },
      };
    },
  ],
  [
    0.1,
    (facts, dice) => ({
      // The account of somebody else is used: known to the shop, and suddenly somewhere else.
      ...facts,
      amountRatio: dice.magnitude(0.5, 8),
      network: dice.chance(0.7) ? { kind: "hosting", name: "" } : null,
      countries: { shipping: dice.chance(0.6) ? ABROAD : HOME, billing: HOME, client: dice.chance(0.8) ? "VN" : HOME },
    }),
  ],
];

const FRAUD_SHARE = 0.08;
const MISTAKEN = 0.01; // of the labels: what a shop knows about its orders is never quite right

/** Orders with planted patterns. */
export function madeUpOrders(count: number, seed: number): MadeUpOrder[] {
  const dice = new Dice(seed);
  return Array.from({ length: count }, () => {
    const isFraud = dice.chance(FRAUD_SHARE);
    const change = pick(isFraud ? fraudulent : honest, dice);
    const facts = change(ordinary(dice), dice);
    return { facts, isFraud: dice.chance(MISTAKEN) ? !isFraud : isFraud };
  });
}

/** One of several by its share; what the shares leave stays as it is. */
function pick(kinds: readonly [number, Change][], dice: Dice): Change {
  let left = dice.next();
  for (const [share, change] of kinds) {
    left -= share;
    if (left < 0) return change;
  }
  return (facts) => facts;
}

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Claim, holdsSlot, isLive } from "#services/product/promotions/deals/domain/claim.ts";
import { claimedPercent, isOpen, type RunningDeal, statusOf } from "#services/product/promotions/deals/domain/deal.ts";
import { dealDiscounts } from "#services/product/promotions/deals/domain/deal-discounts.ts";
import { positionIn, type TurnRequest, takeTurns } from "#services/product/promotions/deals/domain/turns.ts";

const START = Date.parse("2026-01-31T12:00:00.000Z");
const CLAIM_MS = 1_000;
const at = (ms: number) => new Date(START + ms);

const deal = (changes: Partial<RunningDeal> = {}): RunningDeal => ({
  dealId: "deal_1",
  sku: "MUG",
  currency: "USD",
  priceMinor: 500,
  slots: 2,
  perCustomer: 1,
  claimSeconds: CLAIM_MS / 1_000,
  startsAt: at(0),
  endsAt: at(60_000),
  membersFrom: null,
  stoppedAt: null,
  taken: 0,
  waiting: 0,
  lastNumber: 0,
  ...changes,
});

/** A deal with all of its claims, as the database has them, and what a turn reads of it. */
class Shop {
  deal: RunningDeal;
  now = at(0);
  readonly claims = new Map<string, Claim>();
  readonly members = new Set(["cust_0"]);
  #ids = 0;

  constructor(changes: Partial<RunningDeal> = {}) {
    this.deal = deal(changes);
  }

  turn(requests: readonly TurnRequest[], claims = this.read(requests)) {
    const { deal, now, members } = this;
    const turned = takeTurns({ deal, now, claims, members }, requests);
    this.deal = turned.deal;
    for (const claim of turned.touched) this.claims.set(claim.claimId, claim);
    return turned;
  }

  claim(customerId: string, requestKey: string | null = null): TurnRequest & { kind: "claim" } {
    this.#ids += 1;
    return { kind: "claim", claimId: `claim_${this.#ids}`, customerId, requestKey };
  }

  states(): string[] {
    return [...this.claims.values()].map(({ state }) => state.kind);
  }

  /** What the statement of the store reads. */
  read(requests: readonly TurnRequest[]): Claim[] {
    const all = [...this.claims.values()];
    const named = new Set(requests.flatMap((request) => (request.kind === "claim" ? [] : request.claimId)));
    const claiming = requests.filter((request) => request.kind === "claim");
    const due = all.filter(({ state }) => state.kind === "granted" && state.expiresAt <= this.now);
    const head = all
      .filter(({ state }) => state.kind === "queued")
      .sort((a, b) => a.number - b.number)
      .slice(0, this.deal.slots - this.deal.taken + named.size + due.length);
    const own = all.filter((claim) =>
      claiming.some(
        ({ customerId, requestKey }) =>
          customerId === claim.customerId &&
          (isLive(claim.state) || (requestKey !== null && requestKey === claim.requestKey)),
      ),
    );
    return [...new Set([...due, ...head, ...own, ...all.filter(({ claimId }) => named.has(claimId))])];
  }
}

describe("a deal", () => {
  test("starts, lets members in early and ends by the time alone", () => {
    const early = deal({ membersFrom: at(-10) });
    const statuses = [-11, -10, -1, 0, 59_999, 60_000].map((ms) => statusOf(early, at(ms)));
    expect(statuses).toEqual(["upcoming", "members", "members", "running", "running", "ended"]);
    expect(statusOf(deal(), at(-1))).toBe("upcoming");
    expect(statusOf(deal({ stoppedAt: at(5) }), at(6))).toBe("ended");
  });

  test("is claimed to 100 percent only when no slot is left", () => {
    expect([0, 1, 199, 200].map((taken) => claimedPercent({ taken, slots: 200 }))).toEqual([0, 0, 99, 100]);
  });
});

describe("a claim", () => {
  test("gets a free slot, or its place in the queue", () => {
    const shop = new Shop();
    const turned = shop.turn(["a", "b", "c", "d"].map((customer) => shop.claim(customer)));
    expect(turned.touched.map(({ state }) => state.kind)).toEqual(["granted", "granted", "queued", "queued"]);
    const waiting = turned.touched.filter(({ state }) => state.kind === "queued");
    expect(waiting.map((claim) => positionIn(turned, claim))).toEqual([1, 2]);
  });

  test("is refused before the start, to others in early access, after the end, and beyond what one may have", () => {
    const shop = new Shop({ membersFrom: at(-10), startsAt: at(0) });
    const ask = (customer: string, ms: number) => {
      shop.now = at(ms);
      const [outcome] = shop.turn([shop.claim(customer)]).outcomes;
      return outcome && "refused" in outcome ? outcome.refused.reason : "made";
    };
    expect(ask("cust_0", -11)).toBe("not_started");
    expect(ask("cust_1", -10)).toBe("members_first");
    expect(ask("cust_0", -10)).toBe("made");
    expect(ask("cust_0", -9)).toBe("has_claims");
    expect(ask("cust_1", 0)).toBe("made");
    expect(ask("cust_2", 60_000)).toBe("ended");
  });

  test("is the same when its request is sent again, also when it has ended", () => {
    const shop = new Shop();
    const [first] = shop.turn([shop.claim("a", "key")]).outcomes;
    expect(shop.turn([shop.claim("a", "key")]).outcomes).toEqual([first]);
    shop.now = at(CLAIM_MS);
    expect(shop.turn([shop.claim("a", "key")]).outcomes).toEqual([first]);
    expect(shop.states()).toEqual(["ended"]);
  });

  test("that was ordered is the order's: nobody else gets it, and it does not expire", () => {
    const shop = new Shop({ slots: 1 });
    shop.turn([shop.claim("a")]);
    const order = (orderId: string, customerId = "a"): TurnRequest => {
      return { kind: "order", claimId: "claim_1", customerId, use: { orderId, amountMinor: 9 } };
    };
    const refused = (reason: string) => [{ refused: { reason } }];
    expect(shop.turn([order("ord_1", "b")]).outcomes).toEqual(refused("unknown"));
    expect(shop.turn([order("ord_1"), order("ord_1")]).outcomes).toEqual(Array(2).fill({ claimId: "claim_1" }));
    expect(shop.turn([order("ord_2")]).outcomes).toEqual(refused("ordered"));
    expect(shop.turn([{ kind: "giveBack", claimId: "claim_1" }]).outcomes).toEqual(refused("ordered"));
    shop.now = at(CLAIM_MS * 2);
    shop.turn([shop.claim("b"), { kind: "sell", claimId: "claim_1", orderId: "ord_2" }]);
    expect(shop.states()).toEqual(["ordered", "queued"]);
    shop.turn([{ kind: "cancel", claimId: "claim_1", orderId: "ord_1" }]);
    expect(shop.states()).toEqual(["ended", "granted"]);
  });

  test("of an order that was not placed lasts as long as before", () => {
    const shop = new Shop({ slots: 1 });
    shop.turn([shop.claim("a"), shop.claim("b")]);
    const order = (orderId: string): TurnRequest => {
      return { kind: "order", claimId: "claim_1", customerId: "a", use: { orderId, amountMinor: 9 } };
    };
    shop.turn([order("ord_1")]);
    shop.turn([{ kind: "restore", claimId: "claim_1", orderId: "ord_1" }]);
    expect(shop.states()).toEqual(["granted", "queued"]);
    shop.turn([order("ord_2")]);
    shop.now = at(CLAIM_MS);
    shop.turn([{ kind: "restore", claimId: "claim_1", orderId: "ord_2" }]);
    expect(shop.states()).toEqual(["ended", "granted"]);
  });

  test("cannot be ordered after somebody of the shop has ended the deal, but after its own end", () => {
    const order: TurnRequest = {
      kind: "order",
      claimId: "claim_1",
      customerId: "a",
      use: { orderId: "ord_1", amountMinor: 9 },
    };
    for (const [changes, outcome] of [
      [{ stoppedAt: at(1) }, { refused: { reason: "ended" } }],
      [{ endsAt: at(1) }, { claimId: "claim_1" }],
    ] as const) {
      const shop = new Shop();
      shop.turn([shop.claim("a")]);
      shop.deal = { ...shop.deal, ...changes };
      shop.now = at(2);
      expect(shop.turn([order]).outcomes).toEqual([outcome]);
    }
  });
});

interface Ask {
  kind: TurnRequest["kind"];
  who: number;
  order: number;
}
type Step = { wait: number } | { requests: readonly Ask[] };

const KINDS = ["claim", "claim", "claim", "giveBack", "order", "order", "sell", "cancel", "restore"] as const;
const steps = fc.array(
  fc.oneof(
    fc.record({ wait: fc.integer({ min: 0, max: CLAIM_MS }) }),
    fc.record({
      requests: fc.array(
        fc.record({ kind: fc.constantFrom(...KINDS), who: fc.nat({ max: 11 }), order: fc.nat({ max: 3 }) }),
        { maxLength: 6 },
      ),
    }),
  ),
  { maxLength: 40 },
);

function requestsOf(shop: Shop, asks: readonly Ask[]): TurnRequest[] {
  const known = [...shop.claims.keys()];
  return asks.map(({ kind, who, order }) => {
    const claimId = known[who % Math.max(1, known.length)] ?? "claim_none";
    const customerId = shop.claims.get(claimId)?.customerId ?? "cust_none";
    const orderId = `ord_${claimId}_${order}`;
    if (kind === "claim") return shop.claim(`cust_${who}`, order === 0 ? null : `key_${order}`);
    if (kind === "order") return { kind, claimId, customerId, use: { orderId, amountMinor: 1 } };
    return kind === "giveBack" ? { kind, claimId } : { kind, claimId, orderId };
  });
}

/** Runs a history; `look` sees the shop before and after each turn. */
function live(
  { slots, perCustomer, history }: { slots: number; perCustomer: number; history: readonly Step[] },
  look: (shop: Shop, before: ReadonlyMap<string, Claim>, requests: readonly TurnRequest[]) => void,
) {
  const shop = new Shop({ slots, perCustomer, membersFrom: at(-500), endsAt: at(CLAIM_MS * 6) });
  shop.now = at(-500);
  for (const step of history) {
    if ("wait" in step) {
      shop.now = new Date(shop.now.getTime() + step.wait);
      continue;
    }
    const before = new Map(shop.claims);
    const requests = requestsOf(shop, step.requests);
    shop.turn(requests);
    look(shop, before, requests);
  }
}

const histories = fc.record({
  slots: fc.integer({ min: 1, max: 4 }),
  perCustomer: fc.integer({ min: 1, max: 2 }),
  history: steps,
});

describe("in every history", () => {
  test("counts are right, never above the slots, and no slot is free while somebody waits", () => {
    fc.assert(
      fc.property(histories, (given) =>
        live(given, ({ deal, now, claims }) => {
          const all = [...claims.values()];
          const waiting = all.filter(({ state }) => state.kind === "queued").length;
          expect(all.filter(({ state }) => holdsSlot(state))).toHaveLength(deal.taken);
          expect([deal.waiting, deal.lastNumber]).toEqual([waiting, all.length]);
          expect(deal.taken).toBeLessThanOrEqual(deal.slots);
          if (isOpen(deal, now) && waiting > 0) expect(deal.taken).toBe(deal.slots);
          for (const own of Map.groupBy(all, ({ customerId }) => customerId).values())
            expect(own.filter(({ state }) => isLive(state)).length).toBeLessThanOrEqual(deal.perCustomer);
        }),
      ),
    );
  });

  test("nobody is served while somebody who came before waits", () => {
    fc.assert(
      fc.property(histories, (given) =>
        live(given, ({ claims }, before) => {
          const all = [...claims.values()];
          const served = all.filter(({ claimId, grantedAt }) => grantedAt && !before.get(claimId)?.grantedAt);
          const waiting = all.filter(({ state }) => state.kind === "queued").map(({ number }) => number);
          for (const { number } of served) expect(Math.min(...waiting)).toBeGreaterThan(number);
        }),
      ),
    );
  });

  test("what a turn reads is enough: all claims would lead to the same", () => {
    fc.assert(
      fc.property(histories, (given) => {
        live(given, (shop, before, requests) => {
          const whole = new Shop();
          whole.now = shop.now;
          whole.deal = dealBefore(shop.deal, before);
          const all = whole.turn(requests, [...before.values()]);
          expect(all.deal).toEqual(shop.deal);
          for (const claim of all.touched) expect(shop.claims.get(claim.claimId)).toEqual(claim);
        });
      }),
    );
  });
});

function dealBefore(after: RunningDeal, claims: ReadonlyMap<string, Claim>): RunningDeal {
  const states = [...claims.values()].map(({ state }) => state);
  return {
    ...after,
    taken: states.filter(holdsSlot).length,
    waiting: states.filter(({ kind }) => kind === "queued").length,
    lastNumber: states.length,
  };
}

describe("in a cart", () => {
  const claim = (n: number, priceMinor: number, changes: { sku?: string; currency?: string } = {}) => ({
    claimId: `claim_${n}`,
    dealId: `deal_${n}`,
    sku: "MUG",
    currency: "USD",
    priceMinor,
    ...changes,
  });

  test("each claim lowers one piece, the dearest first", () => {
    const lines = [
      { sku: "MUG", quantity: 1, priceMinor: 1_000 },
      { sku: "TENT", quantity: 1, priceMinor: 9_000 },
      { sku: "MUG", quantity: 2, priceMinor: 1_200 },
    ];
    const claims = [claim(1, 500), claim(2, 400), claim(3, 100, { sku: "SPOON" })];
    expect(dealDiscounts(lines, "USD", claims).discounts.map(({ code, shares }) => [code, shares])).toEqual([
      ["claim_2", [0, 0, 800]],
      ["claim_1", [0, 0, 700]],
    ]);
  });

  test("a claim gives nothing in another currency, or when the price is lower anyway", () => {
    const lines = [{ sku: "MUG", quantity: 5, priceMinor: 450 }];
    const { discounts, unused } = dealDiscounts(lines, "USD", [claim(1, 500), claim(2, 1, { currency: "EUR" })]);
    expect(discounts).toEqual([]);
    expect(unused.map(({ code, reason }) => [code, reason])).toEqual([
      ["claim_2", "wrong_currency"],
      ["claim_1", "other_is_better"],
    ]);
  });

  test("the order of lines and claims changes nothing, and no piece is lowered twice or below zero", () => {
    const line = fc.record({
      sku: fc.constantFrom("MUG", "TENT"),
      quantity: fc.integer({ min: 1, max: 3 }),
      priceMinor: fc.nat({ max: 20 }),
    });
    const given = fc.array(fc.record({ sku: fc.constantFrom("MUG", "TENT"), priceMinor: fc.nat({ max: 20 }) }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), given, (lines, priced) => {
        const claims = priced.map(({ sku, priceMinor }, n) => claim(n, priceMinor, { sku }));
        const there = dealDiscounts(lines, "USD", claims).discounts;
        const back = dealDiscounts(lines.toReversed(), "USD", claims.toReversed()).discounts;
        expect(back.map(({ code, amountMinor }) => [code, amountMinor])).toEqual(
          there.map(({ code, amountMinor }) => [code, amountMinor]),
        );
        for (const [n, { quantity, priceMinor }] of lines.entries()) {
          const shares = there.map(({ shares }) => shares[n] ?? 0).filter((share) => share > 0);
          expect(shares.length).toBeLessThanOrEqual(quantity);
          expect(Math.max(0, ...shares)).toBeLessThanOrEqual(priceMinor);
        }
      }),
    );
  });
});

import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { decide } from "#services/commerce/payments/domain/decide.ts";
import { type Input, newPayment, type Payment } from "#services/commerce/payments/domain/payment.ts";
import {
  positionsOf,
  providerFundsOf,
  shareOf,
  storedMinorOf,
  totalFundsOf,
} from "#services/commerce/payments/domain/split.ts";
import { afterEntry, entriesOf, type StoredValue } from "#services/commerce/payments/domain/stored-value.ts";
import { accountOf, type Tender } from "#services/commerce/payments/domain/tender.ts";

const TOTAL = 100;
const OWNED = { customerId: "cust_1", currency: "USD" };
const action = { type: "redirect", url: "https://bank.invalid" };
const decline = { code: "card_declined", message: "no" };

/** Up to four tenders that pay at most the whole total, the last of which may be store credit. */
const tenders = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }), fc.boolean(), fc.boolean())
  .map(([amounts, hasCredit, isWhole]) => {
    let left = TOTAL;
    const paid = amounts.map((amount, i) => {
      const amountMinor = isWhole && i === amounts.length - 1 ? left : Math.min(left, amount);
      left -= amountMinor;
      return amountMinor;
    });
    return paid
      .filter((amount) => amount > 0)
      .map(
        (amountMinor, i, { length }): Tender =>
          hasCredit && i === length - 1
            ? { type: "storeCredit", amountMinor }
            : { type: "giftCard", giftCardId: `gift_${i}`, amountMinor },
      );
  });

type Answered = { kind: "succeeds" | "declines" | "waits" };
const amountMinor = fc.integer({ min: 1, max: TOTAL });
type Wanted = Exclude<Input, { kind: "observed" | "refund" | "capture" }>;
const step = fc.oneof(
  fc.constant<Answered>({ kind: "succeeds" }),
  fc.record({ kind: fc.constantFrom("succeeds" as const, "succeeds" as const, "declines" as const, "waits" as const) }),
  fc.record({ kind: fc.constant("capture" as const), amountMinor }),
  fc.record({ kind: fc.constant("refund" as const), amountMinor }),
  fc.constantFrom<Wanted>(
    { kind: "cancel", reason: "test" },
    { kind: "captureAll" },
    { kind: "void" },
    { kind: "confirm" },
  ),
  fc.record({
    kind: fc.constant("observed" as const),
    captures: fc.nat(TOTAL),
    refunds: fc.integer({ min: -TOTAL, max: TOTAL }),
    releases: fc.boolean(),
  }),
);
type Elsewhere = { kind: "observed"; captures: number; refunds: number; releases: boolean };
type Step =
  | Answered
  | Elsewhere
  | Wanted
  | { kind: "capture"; amountMinor: number }
  | { kind: "refund"; amountMinor: number };

/** What happens, in half of the cases after the payment was captured: by chance that is seldom. */
const stories = (maxLength: number) =>
  fc
    .tuple(fc.boolean(), fc.array(step, { maxLength }))
    .map(([isCaptured, steps]): Step[] => [...(isCaptured ? CAPTURED : []), ...steps]);
const CAPTURED: Step[] = [{ kind: "succeeds" }, { kind: "captureAll" }, { kind: "succeeds" }];

/** What answers the operation in flight. */
function answerOf(payment: Payment, asked: number, how: "succeeds" | "declines" | "waits"): Input {
  if (how === "declines") return { kind: "declined", decline };
  switch (payment.state) {
    case "authorizing":
    case "confirming":
      return how === "waits" ? { kind: "actionRequired", action } : { kind: "authorized" };
    case "capturing": {
      const { asksProvider, storedMinor } = shareOf(payment, { kind: "capture", amountMinor: asked });
      const left = providerFundsOf(payment).heldMinor - (asked - storedMinor);
      // A provider may release the rest.
      return {
        kind: "captured",
        amountMinor: asked,
        heldMinor: asksProvider ? (how === "waits" ? 0 : left) : undefined,
      };
    }
    case "voiding":
      return { kind: "voided" };
    case "refunding":
      return { kind: "refunded", refundId: "ref_1", amountMinor: asked, reason: "test" };
    default:
      throw new Error(`${payment.state} waits for no answer.`);
  }
}

const IN_FLIGHT = new Set(["authorizing", "confirming", "capturing", "voiding", "refunding"]);

/** A payment with its accounts, as every decision changes them. */
class Story {
  payment: Payment;
  accounts: Map<string, StoredValue>;
  asked: number;
  readonly issued: number;

  constructor(paidBy: readonly Tender[]) {
    const { payment, operation } = newPayment(TOTAL, paidBy);
    this.payment = payment;
    this.asked = operation.amountMinor;
    this.accounts = new Map(
      paidBy.map((tender) => {
        const accountId = accountOf(tender, OWNED.customerId, OWNED.currency);
        const kind = tender.type;
        // Just what the payment needs, so that anything that is spent twice shows.
        return [
          accountId,
          { accountId, kind, currency: "USD", balanceMinor: tender.amountMinor, reservedMinor: 0, isDisabled: false },
        ];
      }),
    );
    this.issued = storedMinorOf(payment);
    this.#move(undefined, payment);
  }

  take(input: Input): void {
    const decision = decide(this.payment, input);
    if (decision.kind === "contradiction") throw new Error(`${input.kind} contradicts ${this.payment.state}`);
    if (decision.kind !== "next") return;
    if (decision.operation) this.asked = decision.operation.amountMinor;
    const before = this.payment;
    this.payment = decision.payment;
    this.#move(before, decision.payment);
  }

  play(next: Step): void {
    switch (next.kind) {
      case "succeeds":
      case "declines":
      case "waits":
        if (IN_FLIGHT.has(this.payment.state)) this.take(answerOf(this.payment, this.asked, next.kind));
        break;
      case "refund":
        this.take({ ...next, reason: "test" });
        break;
      case "observed":
        this.#observe(next);
        break;
      default:
        this.take(next);
    }
  }

  /** Somebody has captured, refunded or released at the provider, or a refund came back. */
  #observe({ captures, refunds, releases }: Elsewhere): void {
    const theirs = providerFundsOf(this.payment);
    if (!["authorized", "captured", "refunded"].includes(this.payment.state) || theirs.amountMinor === 0) return;
    const capturedMinor = theirs.capturedMinor + Math.min(captures, theirs.heldMinor);
    const heldMinor = releases ? 0 : theirs.heldMinor - (capturedMinor - theirs.capturedMinor);
    const refundedMinor = Math.max(0, Math.min(capturedMinor, theirs.refundedMinor + refunds));
    this.take({ kind: "observed", heldMinor, capturedMinor, refundedMinor, refundId: "ref_2" });
  }

  #move(before: Payment | undefined, after: Payment): void {
    for (const entry of entriesOf(before, after, OWNED)) {
      const account = this.accounts.get(entry.accountId);
      if (!account) throw new Error(`${entry.accountId} is not an account of the payment.`);
      this.accounts.set(entry.accountId, afterEntry(account, entry));
    }
  }

  get sums() {
    const accounts = [...this.accounts.values()];
    return {
      balance: accounts.reduce((sum, { balanceMinor }) => sum + balanceMinor, 0),
      reserved: accounts.reduce((sum, { reservedMinor }) => sum + reservedMinor, 0),
    };
  }
}

/** What is wrong with the accounts of a payment. Plain, because expect() at every step takes most of the time. */
function faultOf({ payment, accounts }: Story): string | undefined {
  const positions = positionsOf(payment);
  for (const [i, { reservedMinor, balanceMinor }] of [...accounts.values()].entries()) {
    const { amountMinor = 0 } = payment.parts[i] ?? {};
    const says = positions[i] ?? { reservedMinor: 0, spentMinor: 0 };
    if (reservedMinor < 0 || balanceMinor < reservedMinor) return `${reservedMinor} of ${balanceMinor} are reserved`;
    if (says.spentMinor < 0 || says.reservedMinor + says.spentMinor > amountMinor) return JSON.stringify(says);
    if (reservedMinor !== says.reservedMinor || balanceMinor !== amountMinor - says.spentMinor)
      return `${JSON.stringify(says)} of ${amountMinor}, and the account has ${balanceMinor}, reserved ${reservedMinor}`;
  }
  return undefined;
}

test("whatever happens to a payment, no account is overdrawn, and each has what the payment says", () => {
  const ends = new Map<string, number>();
  fc.assert(
    fc.property(tenders, stories(30), (paidBy, steps) => {
      const story = new Story(paidBy);
      for (const next of steps) {
        story.play(next);
        const fault = faultOf(story);
        if (fault) throw new Error(`${story.payment.state}: ${fault}`);
      }
      ends.set(story.payment.state, (ends.get(story.payment.state) ?? 0) + 1);
    }),
    { numRuns: 4_000 },
  );
  for (const state of ["authorized", "captured", "refunded", "voided", "failed", "requires_action"])
    expect([state, (ends.get(state) ?? 0) > 20]).toEqual([state, true]);
});

test("when all is released or given back, each account has what it was issued with", () => {
  fc.assert(
    fc.property(tenders, stories(20), (paidBy, steps) => {
      const story = new Story(paidBy);
      for (const next of steps) story.play(next);
      story.play({ kind: "cancel", reason: "test" });
      for (let turn = 0; turn < 20 && IN_FLIGHT.has(story.payment.state); turn++) story.play({ kind: "succeeds" });
      expect(["refunded", "voided", "failed"]).toContain(story.payment.state);
      expect(story.sums).toEqual({ balance: story.issued, reserved: 0 });
    }),
    { numRuns: 2_000 },
  );
});

test("the parts of the provider and the totals say the same in both directions", () => {
  fc.assert(
    fc.property(tenders, stories(30), (paidBy, steps) => {
      const story = new Story(paidBy);
      for (const next of steps) {
        story.play(next);
        const { payment } = story;
        if (payment.state !== "authorized" && payment.state !== "captured" && payment.state !== "refunded") continue;
        const theirs = providerFundsOf(payment);
        if (theirs.amountMinor === 0) continue;
        const { heldMinor, capturedMinor, refundedMinor } = payment;
        const ours = JSON.stringify([heldMinor, capturedMinor, refundedMinor]);
        const back = totalFundsOf(payment, theirs);
        const isOfCharge =
          theirs.heldMinor + theirs.capturedMinor <= theirs.amountMinor && theirs.refundedMinor <= theirs.capturedMinor;
        if (!isOfCharge || JSON.stringify([back.heldMinor, back.capturedMinor, back.refundedMinor]) !== ours)
          throw new Error(`${ours}: ${JSON.stringify(theirs)} gives ${JSON.stringify(back)}`);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("a refund goes back to the provider first, and then to what was spent last", () => {
  const paidBy: Tender[] = [
    { type: "giftCard", giftCardId: "gift_0", amountMinor: 30 },
    { type: "giftCard", giftCardId: "gift_1", amountMinor: 20 },
    { type: "storeCredit", amountMinor: 10 },
  ];
  const story = new Story(paidBy);
  story.play({ kind: "succeeds" });
  story.play({ kind: "captureAll" });
  story.play({ kind: "succeeds" });
  const back = (amountMinor: number) => {
    story.play({ kind: "refund", amountMinor });
    const asked = shareOf(story.payment, { kind: "refund", amountMinor });
    story.play({ kind: "succeeds" });
    return [asked.storedMinor, ...story.payment.parts.map(({ refundedMinor }) => refundedMinor)];
  };
  expect(back(35)).toEqual([0, 0, 0, 0]);
  expect(back(10)).toEqual([5, 0, 0, 5]);
  expect(back(30)).toEqual([30, 0, 20, 10].map((n, i) => (i === 1 ? 5 : n)));
  expect(back(25)).toEqual([25, 30, 20, 10]);
  expect(story.payment.state).toBe("refunded");
});

test("a provider is asked for its part only, and not at all where it has none", () => {
  const whole = newPayment(TOTAL, [{ type: "giftCard", giftCardId: "gift_0", amountMinor: TOTAL }]).payment;
  expect(shareOf(whole, { kind: "authorize", amountMinor: TOTAL })).toEqual({
    storedMinor: TOTAL,
    asksProvider: false,
  });
  const split = newPayment(TOTAL, [{ type: "giftCard", giftCardId: "gift_0", amountMinor: 40 }]).payment;
  expect(shareOf(split, { kind: "authorize", amountMinor: TOTAL })).toEqual({ storedMinor: 40, asksProvider: true });
  const held = { ...split, state: "authorized", heldMinor: TOTAL, capturedMinor: 0, refundedMinor: 0 } as const;
  expect(shareOf(held, { kind: "capture", amountMinor: 40 })).toEqual({ storedMinor: 40, asksProvider: false });
  expect(shareOf(held, { kind: "capture", amountMinor: 41 })).toEqual({ storedMinor: 40, asksProvider: true });
  expect(shareOf(held, { kind: "void", amountMinor: TOTAL })).toEqual({ storedMinor: 40, asksProvider: true });
  // Nothing is held while the customer has to act, and there is something to end at the provider.
  const waiting = { ...split, state: "voiding", heldMinor: 0, capturedMinor: 0, refundedMinor: 0 } as const;
  expect(shareOf(waiting, { kind: "void", amountMinor: 0 })).toEqual({ storedMinor: 0, asksProvider: true });
});

import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseEnv } from "#config/env.ts";
import { type Facts, QUIET } from "#services/commerce/fraud/domain/facts.ts";
import type { Model } from "#services/commerce/fraud/domain/model.ts";
import { rules } from "#services/commerce/fraud/domain/rules.ts";
import { assess, decisionOf, MODEL_POINTS } from "#services/commerce/fraud/domain/score.ts";
import { readModel } from "#services/commerce/fraud/setup.ts";
import { anyFacts, facts, ordinary } from "./facts-examples.ts";

const { FRAUD_REVIEW_SCORE: review, FRAUD_REFUSE_SCORE: refuse } = parseEnv({});
const thresholds = { review, refuse };
let model: Model;
const score = (given: Facts) => assess(given, model, thresholds);

beforeAll(async () => {
  model = await readModel(join(import.meta.dirname, "../../../services/commerce/fraud/data/model.json"));
});

describe("a score", () => {
  test("is between 0 and 100, and is the sum of the points of its reasons", () => {
    fc.assert(
      fc.property(anyFacts, (given) => {
        const { score: points, decision, reasons } = score(given);
        const sum = reasons.reduce((total, reason) => total + reason.points, 0);
        expect(Number.isInteger(points)).toBe(true);
        expect(points).toBe(Math.min(100, Math.max(0, sum)));
        expect(decision).toBe(decisionOf(points, thresholds));
        expect(reasons.every((reason) => reason.points !== 0 && reason.detail.length > 0)).toBe(true);
        expect(new Set(reasons.map(({ rule }) => rule)).size).toBe(reasons.length);
      }),
    );
  });

  test("is not lower when one more thing is suspicious", () => {
    const worse: fc.Arbitrary<(given: Facts) => Facts> = fc.constantFrom(
      (given: Facts) => ({ ...given, customer: { ...given.customer, disposableMail: true } }),
      (given: Facts) => ({ ...given, customer: { ...given.customer, disputes: given.customer.disputes + 1 } }),
      (given: Facts) => ({ ...given, customer: { ...given.customer, paidOrders: 0 } }),
      (given: Facts) => ({ ...given, velocity: { ...given.velocity, declinedHour: given.velocity.declinedHour + 1 } }),
      (given: Facts) => ({ ...given, velocity: { ...given.velocity, methodCustomers: { hour: 60, day: 60 } } }),
      (given: Facts) => ({ ...given, velocity: { ...given.velocity, clientCustomers: { hour: 60, day: 60 } } }),
    );
    fc.assert(
      fc.property(anyFacts, worse, (given, change) => {
        expect(score(change(given)).score).toBeGreaterThanOrEqual(score(given).score);
      }),
    );
  });

  test("has decisions that are no milder for more points", () => {
    const order = ["accept", "review", "refuse"];
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const [mild, hard] = [decisionOf(low, thresholds), decisionOf(high, thresholds)];
        expect(order.indexOf(mild)).toBeLessThanOrEqual(order.indexOf(hard));
      }),
    );
  });

  test("of an ordinary order is 0, without a reason", () => {
    expect(score(ordinary)).toEqual({ score: 0, decision: "accept", reasons: [] });
  });

  test("stays below a review for whatever only wholesale and busy days explain", () => {
    const weak = rules.filter(({ kind }) => kind === "weak").reduce((sum, { points }) => sum + points, 0);
    expect(weak).toBeLessThan(review);
    fc.assert(
      fc.property(anyFacts, (given) => {
        const honest: Facts = {
          ...given,
          customer: { ...given.customer, disputes: 0, disposableMail: false },
          countries: { shipping: "US", billing: "US", client: null },
          network: null,
          velocity: { ...QUIET, customer: given.velocity.customer, addressCustomers: given.velocity.addressCustomers },
        };
        expect(score(honest).decision).toBe("accept");
      }),
    );
  });

  test("gives the model's points to what moved it, and never more than the strong rules give", () => {
    fc.assert(
      fc.property(anyFacts, (given) => {
        const { reasons } = score(given);
        const sumOf = (names: (rule: string) => boolean) =>
          reasons.filter(({ rule }) => names(rule)).reduce((sum, { points }) => sum + points, 0);
        const strongNames = new Set(rules.filter(({ kind }) => kind === "strong").map(({ name }) => name));
        const points = sumOf((rule) => rule.startsWith("model."));
        expect(points).toBeLessThanOrEqual(
          Math.min(
            MODEL_POINTS,
            sumOf((rule) => strongNames.has(rule)),
          ),
        );
      }),
    );
  });
});

describe("typical orders", () => {
  const hosting = { kind: "hosting", name: "A Cloud" } as const;
  const abroad = { shipping: "DE", billing: "US", client: "VN" };
  const isNew = { ageHours: 1 };

  test.each<[string, Facts, string]>([
    ["a present for somebody abroad", facts({ countries: { shipping: "DE" } }), "accept"],
    ["a traveller", facts({ countries: { client: "VN" } }), "accept"],
    ["a VPN at home", facts({ network: { kind: "vpn", name: "A VPN" } }), "accept"],
    ["somebody new with a disposable address", facts({ customer: { ...isNew, disposableMail: true } }), "accept"],
    [
      "somebody who tries cards",
      facts({ customer: isNew, network: hosting, velocity: { customer: { hour: 9 }, declinedHour: 7 } }),
      "refuse",
    ],
    [
      "a disposable address, billed abroad",
      facts({ customer: { ...isNew, disposableMail: true }, countries: { billing: "DE" } }),
      "review",
    ],
    [
      "a data centre, billed and ordered from abroad",
      facts({ customer: isNew, network: hosting, countries: abroad }),
      "refuse",
    ],
    [
      "the same by a regular customer",
      facts({ customer: { paidOrders: 9 }, network: hosting, countries: abroad }),
      "accept",
    ],
    [
      "a card of several customers, one behind the other",
      facts({ customer: isNew, velocity: { methodCustomers: { hour: 3, day: 4 } } }),
      "review",
    ],
  ])("%s: %s", (_, given, decision) => {
    expect(score(given)).toMatchObject({ decision });
  });
});

import { describe, expect, test } from "@jest/globals";
import { decide } from "#services/commerce/payments/domain/decide.ts";
import { paymentLimits } from "#services/commerce/payments/domain/limits.ts";
import { keyOf, nextStep, type OperationKind } from "#services/commerce/payments/domain/operation.ts";
import { judgeRequest, type Payable, shouldAuthorize } from "#services/commerce/payments/domain/payable.ts";
import { type Goal, type Input, type Payment, statusOf } from "#services/commerce/payments/domain/payment.ts";

const always = { amountMinor: 100, parts: [], goal: { kind: "none" }, setbacks: 0 } as const;
const action = { type: "redirect", url: "https://bank.invalid" };
const decline = { code: "card_declined", message: "no" };
const funds = (heldMinor: number, capturedMinor = 0, refundedMinor = 0) => ({
  heldMinor,
  capturedMinor,
  refundedMinor,
});

const payments: readonly Payment[] = [
  { ...always, state: "authorizing" },
  { ...always, state: "requires_action", action },
  { ...always, state: "confirming", action },
  { ...always, state: "authorized", ...funds(100) },
  { ...always, state: "capturing", ...funds(100) },
  { ...always, state: "captured", ...funds(40, 60) },
  { ...always, state: "refunding", ...funds(0, 100) },
  { ...always, state: "refunded", ...funds(0, 100, 100) },
  { ...always, state: "voiding", ...funds(100) },
  { ...always, state: "voided", ...funds(0) },
  { ...always, state: "failed", decline },
];

/** The answer of each state to each goal or request: the operation it begins, a decision or an error code. */
const outcomes: Record<string, Record<string, string>> = {
  authorizing: {
    cancel: "kept",
    captureAll: "kept",
    replace: "busy",
    confirm: "busy",
    capture: "busy",
    refund: "busy",
    void: "busy",
    observed: "busy",
  },
  requires_action: {
    cancel: "void",
    captureAll: "kept",
    replace: "void",
    confirm: "confirm",
    capture: "INVALID_PAYMENT_STATE",
    refund: "INVALID_PAYMENT_STATE",
    void: "void",
    observed: "nothing",
  },
  confirming: {
    cancel: "kept",
    captureAll: "kept",
    replace: "busy",
    confirm: "busy",
    capture: "busy",
    refund: "busy",
    void: "busy",
    observed: "busy",
  },
  authorized: {
    cancel: "void",
    captureAll: "capture",
    replace: "INVALID_PAYMENT_STATE",
    confirm: "nothing",
    capture: "capture",
    refund: "INVALID_PAYMENT_STATE",
    void: "void",
    observed: "kept",
  },
  capturing: {
    cancel: "kept",
    captureAll: "kept",
    replace: "busy",
    confirm: "nothing",
    capture: "busy",
    refund: "busy",
    void: "busy",
    observed: "busy",
  },
  captured: {
    cancel: "void",
    captureAll: "capture",
    replace: "INVALID_PAYMENT_STATE",
    confirm: "nothing",
    capture: "capture",
    refund: "refund",
    void: "INVALID_PAYMENT_STATE",
    observed: "kept",
  },
  refunding: {
    cancel: "kept",
    captureAll: "kept",
    replace: "busy",
    confirm: "nothing",
    capture: "busy",
    refund: "busy",
    void: "busy",
    observed: "busy",
  },
  refunded: {
    cancel: "nothing",
    captureAll: "nothing",
    replace: "INVALID_PAYMENT_STATE",
    confirm: "INVALID_PAYMENT_STATE",
    capture: "AMOUNT_TOO_HIGH",
    refund: "AMOUNT_TOO_HIGH",
    void: "INVALID_PAYMENT_STATE",
    observed: "kept",
  },
  voiding: {
    cancel: "kept",
    captureAll: "nothing",
    replace: "busy",
    confirm: "INVALID_PAYMENT_STATE",
    capture: "busy",
    refund: "busy",
    void: "busy",
    observed: "busy",
  },
  voided: {
    cancel: "nothing",
    captureAll: "nothing",
    replace: "INVALID_PAYMENT_STATE",
    confirm: "INVALID_PAYMENT_STATE",
    capture: "INVALID_PAYMENT_STATE",
    refund: "INVALID_PAYMENT_STATE",
    void: "nothing",
    observed: "nothing",
  },
  failed: {
    cancel: "nothing",
    captureAll: "nothing",
    replace: "INVALID_PAYMENT_STATE",
    confirm: "INVALID_PAYMENT_STATE",
    capture: "INVALID_PAYMENT_STATE",
    refund: "INVALID_PAYMENT_STATE",
    void: "INVALID_PAYMENT_STATE",
    observed: "nothing",
  },
};

const requests: readonly Input[] = [
  { kind: "cancel", reason: "asked" },
  { kind: "captureAll" },
  { kind: "replace", replacement: { paymentId: "pay_2", operationId: "op_2", methodId: "pm_other" } },
  { kind: "confirm" },
  { kind: "capture", amountMinor: 30 },
  { kind: "refund", amountMinor: 30, reason: "asked" },
  { kind: "void" },
  { kind: "observed", heldMinor: 0, capturedMinor: 100, refundedMinor: 0, refundId: "ref_2" },
];

function summary(payment: Payment, input: Input): string {
  const decision = decide(payment, input);
  if (decision.kind === "refused") return decision.code;
  if (decision.kind !== "next") return decision.kind;
  return decision.operation?.kind ?? "kept";
}

describe.each(payments)("a payment that is $state", (payment) => {
  test("answers every goal and request", () => {
    const answers = Object.fromEntries(requests.map((input) => [input.kind, summary(payment, input)]));
    expect(answers).toEqual(outcomes[payment.state]);
  });
});

/** The answers of the provider that are possible in a state; every other pair is a contradiction. */
const expected: Record<string, readonly string[]> = {
  authorizing: ["authorized", "actionRequired", "declined", "abandoned"],
  confirming: ["authorized", "actionRequired", "declined"],
  capturing: ["declined", "captured"],
  refunding: ["declined", "refunded"],
  voiding: ["declined", "voided"],
};
const answers: readonly Input[] = [
  { kind: "authorized" },
  { kind: "actionRequired", action },
  { kind: "declined", decline },
  { kind: "abandoned" },
  { kind: "captured", amountMinor: 10, heldMinor: 90 },
  { kind: "voided" },
  { kind: "refunded", refundId: "ref_1", amountMinor: 10, reason: "asked" },
];

test("each state accepts exactly the answers that are possible in it", () => {
  for (const payment of payments) {
    const met = answers.filter((answer) => decide(payment, answer).kind !== "contradiction").map(({ kind }) => kind);
    expect([payment.state, met]).toEqual([payment.state, expected[payment.state] ?? []]);
  }
});

test("an authorisation after the cancel is voided without an event", () => {
  const cancelled = { ...always, state: "authorizing", goal: { kind: "cancel", reason: "asked" } } as const;
  expect(decide(cancelled, { kind: "authorized" })).toMatchObject({
    payment: { state: "voiding", heldMinor: 100 },
    operation: { kind: "void", amountMinor: 100, reason: "asked" },
    facts: [],
  });
});

test("a refused capture fails the payment only if the order wanted the capture", () => {
  const capturing = { ...always, state: "capturing", ...funds(100) } as const;
  const refused = { kind: "declined", decline } as const;
  expect(decide(capturing, refused)).toMatchObject({ payment: { state: "authorized" }, facts: [] });
  expect(decide({ ...capturing, goal: { kind: "capture" } }, refused)).toMatchObject({
    payment: { state: "authorized", goal: { kind: "none" } },
    facts: [{ kind: "failed", decline }],
  });
});

test("a provider that releases the rest with the first capture leaves nothing to capture", () => {
  const capturing = { ...always, state: "capturing", ...funds(100) } as const;
  const decision = decide(capturing, { kind: "captured", amountMinor: 30, heldMinor: 0 });
  expect(decision).toMatchObject({ payment: { state: "captured", ...funds(0, 30) } });
  if (decision.kind !== "next") throw new Error("not decided");
  expect(decide(decision.payment, { kind: "capture", amountMinor: 1 })).toEqual({
    kind: "refused",
    code: "AMOUNT_TOO_HIGH",
    remainingMinor: 0,
  });
});

test("the visible status does not change while an operation is in flight", () => {
  expect(payments.map((payment) => [payment.state, statusOf(payment)])).toEqual([
    ["authorizing", "authorizing"],
    ["requires_action", "requires_action"],
    ["confirming", "requires_action"],
    ["authorized", "authorized"],
    ["capturing", "authorized"],
    ["captured", "captured"],
    ["refunding", "captured"],
    ["refunded", "refunded"],
    ["voiding", "authorized"],
    ["voided", "voided"],
    ["failed", "failed"],
  ]);
});

const created = {
  customerId: "cust_1",
  amountMinor: 100,
  currency: "USD",
  paymentMethodId: "pm_card_visa",
  country: null,
  tenders: [],
  underReview: false,
};
const payable: Payable = { created, reserved: true, approved: false, cancelled: false, paymentId: null };

test("the saga begins one payment, when the order and its reservation are known", () => {
  expect(shouldAuthorize(payable)).toBe(true);
  expect(shouldAuthorize({ ...payable, created: null })).toBe(false);
  expect(shouldAuthorize({ ...payable, reserved: false })).toBe(false);
  expect(shouldAuthorize({ ...payable, cancelled: true })).toBe(false);
  expect(shouldAuthorize({ ...payable, paymentId: "pay_1" })).toBe(false);
});

test("decides a request to authorise by the state of the order", () => {
  const request = { customerId: "cust_1", methodId: "pm_card_visa", amountMinor: () => 100 };
  const latest = (state: Payment["state"]) => ({ state, goal: "none", methodId: "pm_card_visa" }) as const;
  const attempted = { ...payable, paymentId: "pay_1" };
  expect(judgeRequest(null, request, null).kind).toBe("unknownOrder");
  expect(judgeRequest({ ...payable, created: null }, request, null).kind).toBe("unknownOrder");
  expect(judgeRequest(payable, { ...request, customerId: "cust_2" }, null).kind).toBe("foreignOrder");
  expect(judgeRequest(payable, { ...request, amountMinor: () => 99 }, null).kind).toBe("wrongAmount");
  expect(judgeRequest({ ...payable, cancelled: true }, request, null).kind).toBe("notPayable");
  expect(judgeRequest({ ...attempted, cancelled: true }, request, latest("captured")).kind).toBe("notPayable");
  expect(judgeRequest(attempted, request, latest("refunded")).kind).toBe("notPayable");
  expect(judgeRequest({ ...payable, reserved: false }, request, null).kind).toBe("newPayment");
  expect(judgeRequest(attempted, request, latest("failed")).kind).toBe("newPayment");
  for (const state of ["authorizing", "requires_action", "authorized", "capturing", "captured", "refunding"] as const) {
    expect(judgeRequest(attempted, request, latest(state))).toEqual({ kind: "existing", paymentId: "pay_1" });
  }
});

test("another method takes the place of a payment that waits for its customer, and of no other", () => {
  const request = { customerId: "cust_1", methodId: "pm_other", amountMinor: () => 100 };
  const attempted = { ...payable, paymentId: "pay_1" };
  for (const { state } of payments) {
    if (["refunded", "voided", "failed"].includes(state)) continue; // these have ended
    const latest = { state, goal: "none", methodId: "pm_card_visa" } as const;
    const expected = state === "requires_action" ? "replace" : state === "captured" ? "paidOtherwise" : "existing";
    expect([state, judgeRequest(attempted, request, latest).kind]).toEqual([state, expected]);
  }
  const waiting = { state: "requires_action", methodId: "pm_card_visa" } as const;
  expect(judgeRequest(attempted, request, { ...waiting, goal: "cancel" }).kind).toBe("existing");
  expect(judgeRequest({ ...attempted, cancelled: true }, request, { ...waiting, goal: "none" }).kind).toBe(
    "notPayable",
  );
});

const replacement = { paymentId: "pay_2", operationId: "op_2", methodId: "pm_other" };

test("the payment that replaces another begins when that one is voided, and not before", () => {
  const waiting = { ...always, state: "requires_action", action } as const;
  const replaced = decide(waiting, { kind: "replace", replacement });
  expect(replaced).toMatchObject({ payment: { state: "voiding" }, operation: { kind: "void" }, facts: [] });
  expect(replaced).not.toHaveProperty("successor");
  if (replaced.kind !== "next") throw new Error("not decided");
  const refused = decide(replaced.payment, { kind: "declined", decline });
  expect(refused).toMatchObject({ payment: { state: "voiding", setbacks: 1 }, operation: { kind: "void" } });
  expect(refused).not.toHaveProperty("successor");
  expect(decide(replaced.payment, { kind: "voided" })).toMatchObject({
    payment: { state: "voided" },
    successor: replacement,
    facts: [{ kind: "replaced", nextPaymentId: "pay_2" }],
  });
});

test("an order that is cancelled while a payment is being replaced gets no other payment", () => {
  const voiding = { ...always, state: "voiding", ...funds(0), goal: { kind: "replace", replacement } } as const;
  const cancelled = decide(voiding, { kind: "cancel", reason: "asked" });
  if (cancelled.kind !== "next") throw new Error("not decided");
  const ended = decide(cancelled.payment, { kind: "voided" });
  expect(ended).toMatchObject({ payment: { state: "voided" }, facts: [{ kind: "voided", reason: "asked" }] });
  expect(ended).not.toHaveProperty("successor");
});

test("an order that ended with a declined method answers the same method with the decline", () => {
  const ended = { ...payable, cancelled: true, paymentId: "pay_1" };
  const request = { customerId: "cust_1", methodId: "pm_bad", amountMinor: () => 100 };
  expect(judgeRequest(ended, request, { state: "failed", goal: "none", methodId: "pm_bad" }).kind).toBe("existing");
  expect(judgeRequest(ended, request, { state: "failed", goal: "none", methodId: "pm_other" }).kind).toBe("notPayable");
});

const SETTLING_MS = 1_000;
const steps = (kind: OperationKind, attempts: number, spentMs?: number, goal: Goal["kind"] = "none") =>
  Object.values(nextStep({ kind, attempts, spentMs }, goal, SETTLING_MS)).join();

test("an operation that was attempted before is looked up first, and sent again under the same key", () => {
  expect(steps("authorize", 1)).toBe("none,send");
  expect(steps("authorize", 2)).toBe("quick,send");
  expect(steps("capture", 2)).toBe("quick,send");
});

test("a spent key is replaced after the provider had time to settle, and not before", () => {
  expect(steps("capture", 3, 0)).toBe("quick,wait");
  expect(steps("capture", 3, SETTLING_MS - 1)).toBe("quick,wait");
  expect(steps("capture", 3, SETTLING_MS)).toBe("complete,renewKey");
  const keys = [0, 1, 2].map((generation) => keyOf({ operationId: "op_1", generation }));
  expect(keys).toEqual(["op_1", "op_1.1", "op_1.2"]);
});

test("an unwanted authorisation is abandoned if it certainly had no effect; a void is not", () => {
  expect(steps("authorize", 1, undefined, "cancel")).toBe("none,abandon");
  expect(steps("authorize", 2, undefined, "cancel")).toBe("quick,send");
  expect(steps("authorize", 4, SETTLING_MS - 1, "cancel")).toBe("quick,wait");
  expect(steps("authorize", 4, SETTLING_MS, "cancel")).toBe("complete,abandon");
  expect(steps("void", 1, undefined, "cancel")).toBe("none,send");
  expect(steps("void", 4, SETTLING_MS, "cancel")).toBe("complete,renewKey");
});

test("an operation in doubt settles within five minutes of the provider's recovery, with a spent key as well", () => {
  const pollMs = paymentLimits.OPERATION_POLL_MS;
  const attemptMs = paymentLimits.PROVIDER_TIMEOUT_MS * 2; // a look-up and a request, each as slow as it may be
  const wait = paymentLimits.OPERATION_BACKOFF_CAP_MS + pollMs + attemptMs;
  const settle = paymentLimits.PROVIDER_SETTLING_MS + pollMs + attemptMs;
  const sendUnderNextKey = pollMs + attemptMs;
  expect(wait + settle + sendUnderNextKey).toBeLessThan(5 * 60_000);
});

import { adopt } from "./adopt.ts";
import {
  commonOf,
  type Decision,
  type Fact,
  type Input,
  type InputKind,
  type InputOf,
  type Payment,
  type PaymentIn,
  type PaymentState,
} from "./payment.ts";
import { begin, NOTHING, REPLACED, type Resting, rest } from "./pursue-goal.ts";
import { fundsAfterCapture, partsAfterRefund } from "./split.ts";

type Rule<S extends PaymentState, K extends InputKind> = (payment: PaymentIn<S>, input: InputOf<K>) => Decision;
type Table = { readonly [S in PaymentState]: { readonly [K in InputKind]: Rule<S, K> } };

const nothing = (): Decision => ({ kind: "nothing" });
const busy = (): Decision => ({ kind: "busy" });
const refuse = (): Decision => ({ kind: "refused", code: "INVALID_PAYMENT_STATE" });
const contradiction = (): Decision => ({ kind: "contradiction" });

/** An operation is in flight: the goal is stored, and pursued when the provider has answered. */
const rememberCancel = (payment: Payment, { reason }: InputOf<"cancel">): Decision =>
  payment.goal.kind === "cancel"
    ? nothing()
    : { kind: "next", payment: { ...payment, goal: { kind: "cancel", reason } }, facts: [] };

const rememberCapture = (payment: Payment): Decision =>
  payment.goal.kind === "none"
    ? { kind: "next", payment: { ...payment, goal: { kind: "capture" } }, facts: [] }
    : nothing();

const cancelNow = (payment: Resting, { reason }: InputOf<"cancel">): Decision =>
  payment.goal.kind === "cancel" ? nothing() : rest({ ...payment, goal: { kind: "cancel", reason } });

const captureAllNow = (payment: PaymentIn<"authorized" | "captured">): Decision =>
  payment.goal.kind === "none" ? rest({ ...payment, goal: { kind: "capture" } }) : nothing();

function captureSome(payment: PaymentIn<"authorized" | "captured">, { amountMinor }: InputOf<"capture">): Decision {
  if (amountMinor > payment.heldMinor) {
    return { kind: "refused", code: "AMOUNT_TOO_HIGH", remainingMinor: payment.heldMinor };
  }
  return begin(payment, { kind: "capture", amountMinor });
}

function refundSome(payment: PaymentIn<"captured" | "refunded">, { amountMinor, reason }: InputOf<"refund">): Decision {
  const remainingMinor = payment.capturedMinor - payment.refundedMinor;
  if (amountMinor > remainingMinor) return { kind: "refused", code: "AMOUNT_TOO_HIGH", remainingMinor };
  return begin({ ...payment, state: "captured" }, { kind: "refund", amountMinor, reason });
}

const nothingIsLeft = (payment: PaymentIn<"refunded">): Decision => ({
  kind: "refused",
  code: "AMOUNT_TOO_HIGH",
  remainingMinor: payment.heldMinor,
});

/** An authorisation that arrives after the cancel is voided, and no event mentions it. */
function recordHold(payment: PaymentIn<"authorizing" | "confirming">): Decision {
  const { amountMinor, goal } = payment;
  const funds = { heldMinor: amountMinor, capturedMinor: 0, refundedMinor: 0 };
  return rest(
    { state: "authorized", ...commonOf(payment), ...funds },
    goal.kind === "cancel" ? [] : [{ kind: "authorized" }],
  );
}

function requireAction(
  payment: PaymentIn<"authorizing" | "confirming">,
  { action }: InputOf<"actionRequired">,
): Decision {
  // After a confirmation that came too early, the other services know already that the customer has to act.
  const known = payment.state === "confirming" || payment.goal.kind === "cancel";
  return rest(
    { state: "requires_action", ...commonOf(payment), action },
    known ? [] : [{ kind: "actionRequired", action }],
  );
}

function fail(payment: PaymentIn<"authorizing" | "confirming">, { decline }: InputOf<"declined">): Decision {
  return {
    kind: "next",
    payment: { state: "failed", ...commonOf(payment), decline },
    facts: [{ kind: "failed", decline }],
  };
}

/** The order was cancelled before anything was sent to the provider. */
function abandonPayment(payment: PaymentIn<"authorizing">): Decision {
  const { goal } = payment;
  const reason = goal.kind === "cancel" ? goal.reason : "abandoned";
  return {
    kind: "next",
    payment: { state: "voided", ...commonOf(payment), ...NOTHING },
    facts: [{ kind: "voided", amountMinor: 0, reason }],
  };
}

function confirm(payment: PaymentIn<"requires_action">): Decision {
  if (payment.goal.kind === "cancel") return refuse();
  return {
    kind: "next",
    payment: { ...payment, state: "confirming" },
    operation: { kind: "confirm", amountMinor: payment.amountMinor },
    facts: [],
  };
}

function recordCapture(payment: PaymentIn<"capturing">, { amountMinor, heldMinor }: InputOf<"captured">): Decision {
  const funds = fundsAfterCapture(payment, amountMinor, heldMinor);
  const fact: Fact = { kind: "completed", amountMinor, totalMinor: funds.capturedMinor };
  return rest({ ...payment, ...funds, state: "captured" }, [fact]);
}

/**
 * If the saga wanted the capture, the order has to know that it fails. A capture that a person requested fails only for
 * that person.
 */
function captureRefused(payment: PaymentIn<"capturing">, { decline }: InputOf<"declined">): Decision {
  const state = payment.capturedMinor > 0 ? "captured" : "authorized";
  if (payment.goal.kind !== "capture") return rest({ ...payment, state });
  return rest({ ...payment, state, goal: { kind: "none" } }, [{ kind: "failed", decline }]);
}

/**
 * The customer pays with another method. The payment that waits is voided first: the bank may have agreed to it in the
 * meantime, so only its end makes it safe to begin the other one.
 */
const replace = (payment: PaymentIn<"requires_action">, { replacement }: InputOf<"replace">): Decision =>
  payment.goal.kind === "none" ? rest({ ...payment, goal: { kind: "replace", replacement } }) : refuse();

/** Staff release what is held, before anything is captured. */
const voidNow = (payment: PaymentIn<"requires_action" | "authorized">): Decision =>
  rest({ ...payment, goal: { kind: "cancel", reason: "voided_by_staff" } });

function reasonOf({ goal }: PaymentIn<"voiding">): string {
  if (goal.kind === "cancel") return goal.reason;
  return goal.kind === "replace" ? REPLACED : "voided";
}

function recordRelease(payment: PaymentIn<"voiding">): Decision {
  if (payment.goal.kind === "replace") {
    const { replacement } = payment.goal;
    return {
      kind: "next",
      payment: { ...payment, state: "voided", heldMinor: 0 },
      successor: replacement,
      facts: [{ kind: "replaced", nextPaymentId: replacement.paymentId }],
    };
  }
  const reason = reasonOf(payment);
  const fact: Fact = { kind: "voided", amountMinor: payment.heldMinor, reason };
  if (payment.capturedMinor === 0)
    return { kind: "next", payment: { ...payment, state: "voided", heldMinor: 0 }, facts: [fact] };
  if (payment.capturedMinor === payment.refundedMinor) {
    return { kind: "next", payment: { ...payment, state: "refunded", heldMinor: 0 }, facts: [fact] };
  }
  return rest({ ...payment, state: "captured", heldMinor: 0 }, [fact]);
}

/** Nothing may stay held that nobody wants, so a refused void is tried again, after a growing pause. */
function retryRelease(payment: PaymentIn<"voiding">): Decision {
  return {
    kind: "next",
    payment: { ...payment, setbacks: payment.setbacks + 1 },
    operation: { kind: "void", amountMinor: payment.heldMinor, reason: reasonOf(payment) },
    facts: [],
  };
}

function recordRefund(
  payment: PaymentIn<"refunding">,
  { refundId, amountMinor, reason }: InputOf<"refunded">,
): Decision {
  const refundedMinor = payment.refundedMinor + amountMinor;
  const parts = partsAfterRefund(payment, amountMinor);
  const facts: Fact[] = [{ kind: "refunded", refundId, amountMinor, totalMinor: refundedMinor, reason }];
  if (refundedMinor === payment.capturedMinor && payment.heldMinor === 0) {
    return { kind: "next", payment: { ...payment, state: "refunded", parts, refundedMinor }, facts };
  }
  return rest({ ...payment, state: "captured", parts, refundedMinor }, facts);
}

function refundRefused(payment: PaymentIn<"refunding">): Decision {
  const setbacks = payment.goal.kind === "cancel" ? payment.setbacks + 1 : payment.setbacks;
  return rest({ ...payment, state: "captured", setbacks });
}

const noAnswers = {
  authorized: contradiction,
  actionRequired: contradiction,
  declined: contradiction,
  abandoned: contradiction,
  captured: contradiction,
  voided: contradiction,
  refunded: contradiction,
};
const isOver = {
  ...noAnswers,
  cancel: nothing,
  captureAll: nothing,
  replace: refuse,
  confirm: refuse,
  capture: refuse,
  observed: nothing,
};
const inFlight = {
  ...noAnswers,
  cancel: rememberCancel,
  captureAll: rememberCapture,
  replace: busy,
  confirm: busy,
  capture: busy,
  void: busy,
  refund: busy,
  observed: busy,
};

/** The rule for every pair of state and input. */
const table: Table = {
  authorizing: {
    ...inFlight,
    authorized: recordHold,
    actionRequired: requireAction,
    declined: fail,
    abandoned: abandonPayment,
  },
  requires_action: {
    ...noAnswers,
    cancel: cancelNow,
    captureAll: rememberCapture,
    replace,
    confirm,
    capture: refuse,
    void: voidNow,
    refund: refuse,
    observed: nothing, // `confirm` asks for more than an observation says
  },
  confirming: { ...inFlight, authorized: recordHold, actionRequired: requireAction, declined: fail },
  authorized: {
    ...noAnswers,
    cancel: cancelNow,
    captureAll: captureAllNow,
    replace: refuse,
    confirm: nothing, // it was confirmed before: the answer is the authorisation
    capture: captureSome,
    void: voidNow,
    refund: refuse,
    observed: adopt,
  },
  capturing: { ...inFlight, confirm: nothing, captured: recordCapture, declined: captureRefused },
  captured: {
    ...noAnswers,
    cancel: cancelNow,
    captureAll: captureAllNow,
    replace: refuse,
    confirm: nothing,
    capture: captureSome,
    void: refuse,
    refund: refundSome,
    observed: adopt,
  },
  refunding: { ...inFlight, confirm: nothing, refunded: recordRefund, declined: refundRefused },
  refunded: { ...isOver, capture: nothingIsLeft, void: refuse, refund: refundSome, observed: adopt },
  voiding: { ...inFlight, captureAll: nothing, confirm: refuse, voided: recordRelease, declined: retryRelease },
  voided: { ...isOver, void: nothing, refund: refuse },
  failed: { ...isOver, void: refuse, refund: refuse },
};

/** What an input means for a payment: its next state, the next operation, and the facts to publish as events. */
export function decide(payment: Payment, input: Input): Decision {
  const rule = table[payment.state][input.kind] as (payment: Payment, input: Input) => Decision;
  return rule(payment, input);
}

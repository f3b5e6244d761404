import type {
  Decision,
  Fact,
  Funds,
  In,
  Input,
  InputKind,
  NextOperation,
  Of,
  Payment,
  PaymentState,
} from "./payment.ts";

type Rule<S extends PaymentState, K extends InputKind> = (payment: In<S>, input: Of<K>) => Decision;
type Table = { readonly [S in PaymentState]: { readonly [K in InputKind]: Rule<S, K> } };
type Resting = In<"requires_action" | "authorized" | "captured">;

const nothing = (): Decision => ({ kind: "nothing" });
const busy = (): Decision => ({ kind: "busy" });
const refuse = (): Decision => ({ kind: "refused", code: "INVALID_PAYMENT_STATE" });
const contradiction = (): Decision => ({ kind: "contradiction" });

/** What the order's wish asks of a payment that rests. Held money goes back before captured money does. */
function wanted(payment: Resting): NextOperation | undefined {
  const { wish } = payment;
  switch (wish.kind) {
    case "none":
      return undefined;
    case "capture":
      if (payment.state === "requires_action") return undefined;
      if (payment.state === "captured" && payment.heldMinor === 0) return undefined;
      return { kind: "capture", amountMinor: payment.heldMinor };
    case "cancel": {
      const { reason } = wish;
      if (payment.state === "requires_action") return { kind: "void", amountMinor: 0, reason };
      if (payment.state === "authorized" || payment.heldMinor > 0) {
        return { kind: "void", amountMinor: payment.heldMinor, reason };
      }
      return { kind: "refund", amountMinor: payment.capturedMinor - payment.refundedMinor, reason };
    }
    default:
      return wish satisfies never;
  }
}

/** Comes to rest, or goes straight on with what the order wishes. */
function rest(payment: Resting, facts: readonly Fact[] = []): Decision {
  const operation = wanted(payment);
  return operation ? begin(payment, operation, facts) : { kind: "next", payment, facts };
}

function begin(payment: Resting, operation: NextOperation, facts: readonly Fact[] = []): Decision {
  const { amountMinor, wish, setbacks } = payment;
  const funds = payment.state === "requires_action" ? NOTHING : fundsIn(payment);
  const state = ({ capture: "capturing", void: "voiding", refund: "refunding" } as const)[
    operation.kind as "capture" | "void" | "refund"
  ];
  return { kind: "next", payment: { state, amountMinor, wish, setbacks, ...funds }, operation, facts };
}

const NOTHING: Funds = { heldMinor: 0, capturedMinor: 0, refundedMinor: 0 };

function fundsIn({ heldMinor, capturedMinor, refundedMinor }: Funds): Funds {
  return { heldMinor, capturedMinor, refundedMinor };
}

/** Keeps the cancel for when the provider has answered. */
const rememberCancel = (payment: Payment, { reason }: Of<"cancel">): Decision =>
  payment.wish.kind === "cancel"
    ? nothing()
    : { kind: "next", payment: { ...payment, wish: { kind: "cancel", reason } }, facts: [] };

const rememberCapture = (payment: Payment): Decision =>
  payment.wish.kind === "none"
    ? { kind: "next", payment: { ...payment, wish: { kind: "capture" } }, facts: [] }
    : nothing();

const cancelNow = (payment: Resting, { reason }: Of<"cancel">): Decision =>
  payment.wish.kind === "cancel" ? nothing() : rest({ ...payment, wish: { kind: "cancel", reason } });

const captureAllNow = (payment: In<"authorized" | "captured">): Decision =>
  payment.wish.kind === "none" ? rest({ ...payment, wish: { kind: "capture" } }) : nothing();

function captureSome(payment: In<"authorized" | "captured">, { amountMinor }: Of<"capture">): Decision {
  if (amountMinor > payment.heldMinor) {
    return { kind: "refused", code: "AMOUNT_TOO_HIGH", remainingMinor: payment.heldMinor };
  }
  return begin(payment, { kind: "capture", amountMinor });
}

function refundSome(payment: In<"captured" | "refunded">, { amountMinor, reason }: Of<"refund">): Decision {
  const remainingMinor = payment.capturedMinor - payment.refundedMinor;
  if (amountMinor > remainingMinor) return { kind: "refused", code: "AMOUNT_TOO_HIGH", remainingMinor };
  return begin({ ...payment, state: "captured" }, { kind: "refund", amountMinor, reason });
}

const nothingIsLeft = (payment: In<"refunded">): Decision => ({
  kind: "refused",
  code: "AMOUNT_TOO_HIGH",
  remainingMinor: payment.heldMinor,
});

/** An authorisation that arrives after the cancel is voided, and nobody is told that it was there. */
function hold(payment: In<"authorizing" | "confirming">): Decision {
  const { amountMinor, wish, setbacks } = payment;
  const funds = { heldMinor: amountMinor, capturedMinor: 0, refundedMinor: 0 };
  return rest(
    { state: "authorized", amountMinor, wish, setbacks, ...funds },
    wish.kind === "cancel" ? [] : [{ kind: "authorized" }],
  );
}

function askCustomer(payment: In<"authorizing" | "confirming">, { action }: Of<"actionRequired">): Decision {
  const { amountMinor, wish, setbacks } = payment;
  // A customer who comes back too early is not news to anybody else.
  const known = payment.state === "confirming" || wish.kind === "cancel";
  return rest(
    { state: "requires_action", amountMinor, wish, setbacks, action },
    known ? [] : [{ kind: "actionRequired", action }],
  );
}

function fail(payment: In<"authorizing" | "confirming">, { decline }: Of<"declined">): Decision {
  const { amountMinor, wish, setbacks } = payment;
  return {
    kind: "next",
    payment: { state: "failed", amountMinor, wish, setbacks, decline },
    facts: [{ kind: "failed", decline }],
  };
}

/** The order was cancelled before the provider was ever asked. */
function neverAsked(payment: In<"authorizing">): Decision {
  const { amountMinor, wish, setbacks } = payment;
  const reason = wish.kind === "cancel" ? wish.reason : "abandoned";
  return {
    kind: "next",
    payment: { state: "voided", amountMinor, wish, setbacks, ...NOTHING },
    facts: [{ kind: "voided", amountMinor: 0, reason }],
  };
}

function confirm(payment: In<"requires_action">): Decision {
  if (payment.wish.kind === "cancel") return refuse();
  return {
    kind: "next",
    payment: { ...payment, state: "confirming" },
    operation: { kind: "confirm", amountMinor: payment.amountMinor },
    facts: [],
  };
}

function take(payment: In<"capturing">, { amountMinor, heldMinor }: Of<"captured">): Decision {
  const capturedMinor = payment.capturedMinor + amountMinor;
  return rest(
    {
      ...payment,
      state: "captured",
      capturedMinor,
      // A provider may release the rest with the first capture; it cannot hold more than was left.
      heldMinor: Math.min(heldMinor, payment.heldMinor - amountMinor),
    },
    [{ kind: "completed", amountMinor, totalMinor: capturedMinor }],
  );
}

/** The saga's capture cannot succeed: the order has to know. A person's own attempt is told to that person alone. */
function captureRefused(payment: In<"capturing">, { decline }: Of<"declined">): Decision {
  const state = payment.capturedMinor > 0 ? "captured" : "authorized";
  if (payment.wish.kind !== "capture") return rest({ ...payment, state });
  return rest({ ...payment, state, wish: { kind: "none" } }, [{ kind: "failed", decline }]);
}

function release(payment: In<"voiding">): Decision {
  const reason = payment.wish.kind === "cancel" ? payment.wish.reason : "voided";
  const fact: Fact = { kind: "voided", amountMinor: payment.heldMinor, reason };
  if (payment.capturedMinor === 0)
    return { kind: "next", payment: { ...payment, state: "voided", heldMinor: 0 }, facts: [fact] };
  if (payment.capturedMinor === payment.refundedMinor) {
    return { kind: "next", payment: { ...payment, state: "refunded", heldMinor: 0 }, facts: [fact] };
  }
  return rest({ ...payment, state: "captured", heldMinor: 0 }, [fact]);
}

/** A cancelled order must end with nothing held, so a refusal is no end: it is tried again, ever more slowly. */
function releaseAgain(payment: In<"voiding">): Decision {
  const reason = payment.wish.kind === "cancel" ? payment.wish.reason : "voided";
  return {
    kind: "next",
    payment: { ...payment, setbacks: payment.setbacks + 1 },
    operation: { kind: "void", amountMinor: payment.heldMinor, reason },
    facts: [],
  };
}

function giveBack(payment: In<"refunding">, { refundId, amountMinor, reason }: Of<"refunded">): Decision {
  const refundedMinor = payment.refundedMinor + amountMinor;
  const facts: Fact[] = [{ kind: "refunded", refundId, amountMinor, totalMinor: refundedMinor, reason }];
  if (refundedMinor === payment.capturedMinor && payment.heldMinor === 0) {
    return { kind: "next", payment: { ...payment, state: "refunded", refundedMinor }, facts };
  }
  return rest({ ...payment, state: "captured", refundedMinor }, facts);
}

function refundRefused(payment: In<"refunding">): Decision {
  const setbacks = payment.wish.kind === "cancel" ? payment.setbacks + 1 : payment.setbacks;
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
const isOver = { ...noAnswers, cancel: nothing, captureAll: nothing, confirm: refuse, capture: refuse };
const inFlight = {
  ...noAnswers,
  cancel: rememberCancel,
  captureAll: rememberCapture,
  confirm: busy,
  capture: busy,
  refund: busy,
};

/** Every state with every input. */
const table: Table = {
  authorizing: { ...inFlight, authorized: hold, actionRequired: askCustomer, declined: fail, abandoned: neverAsked },
  requires_action: {
    ...noAnswers,
    cancel: cancelNow,
    captureAll: rememberCapture,
    confirm,
    capture: refuse,
    refund: refuse,
  },
  confirming: { ...inFlight, authorized: hold, actionRequired: askCustomer, declined: fail },
  authorized: {
    ...noAnswers,
    cancel: cancelNow,
    captureAll: captureAllNow,
    confirm: nothing, // done already: the answer is the authorisation
    capture: captureSome,
    refund: refuse,
  },
  capturing: { ...inFlight, confirm: nothing, captured: take, declined: captureRefused },
  captured: {
    ...noAnswers,
    cancel: cancelNow,
    captureAll: captureAllNow,
    confirm: nothing,
    capture: captureSome,
    refund: refundSome,
  },
  refunding: { ...inFlight, confirm: nothing, refunded: giveBack, declined: refundRefused },
  refunded: { ...isOver, capture: nothingIsLeft, refund: refundSome },
  voiding: { ...inFlight, captureAll: nothing, confirm: refuse, voided: release, declined: releaseAgain },
  voided: { ...isOver, refund: refuse },
  failed: { ...isOver, refund: refuse },
};

/** What an input means for a payment: its next state, what to ask of the provider, what to tell the others. */
export function decide(payment: Payment, input: Input): Decision {
  const rule = table[payment.state][input.kind] as (payment: Payment, input: Input) => Decision;
  return rule(payment, input);
}

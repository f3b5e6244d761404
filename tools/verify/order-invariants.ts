import type { OrderInvariant, OrderSnapshot, Pieces } from "./order-snapshot.ts";

/** A sweeper comes every five seconds; it may be on its way, and once have failed. */
const SWEEP_SECONDS = 15;

const deadline: OrderInvariant = {
  name: "orders.deadline",
  says: "No order waits past its deadline.",
  wrong: ({ order }) =>
    order && order.overdueSeconds > SWEEP_SECONDS ? `${order.status}, and its deadline has passed` : undefined,
};

const history: OrderInvariant = {
  name: "orders.history",
  says: "An order's history has no gap, and leads to where the order is.",
  wrong({ order }) {
    if (!order) return undefined;
    const { status, version } = order;
    for (const [i, step] of order.history.entries()) {
      if (step.version !== i + 1) return `step ${i + 1} is missing`;
      const before = order.history[i - 1]?.to ?? null;
      if (step.from !== before) return `step ${step.version} begins at ${step.from}, the one before ends at ${before}`;
    }
    const last = order.history.at(-1);
    if (last?.version === version && last.to === status) return undefined;
    return `${status} at version ${version}; the history ends with ${last?.to} at version ${last?.version ?? 0}`;
  },
};

const appliedOnce: OrderInvariant = {
  name: "orders.applied-once",
  says: "No event was applied to an order twice.",
  wrong({ order }) {
    const events = (order?.history ?? []).filter(({ cause, rewinds }) => cause.startsWith("evt_") && rewinds !== null);
    // A group that was rewound applies everything again, as it was told to.
    for (const steps of Map.groupBy(events, ({ cause, rewinds }) => `${cause} ${rewinds}`).values()) {
      // One event may move an order through several states at once. Whatever else it left was left by another time.
      if (steps.length > 1 && steps.some(({ from, to }) => from === to))
        return `${steps[0]?.cause} left ${steps.length} steps`;
    }
    return undefined;
  },
};

const published: OrderInvariant = {
  name: "events.published",
  says: "Each step of an order and of its reservation was published exactly once.",
  wrong({ order, reservation }) {
    if (order) {
      // A cancellation has an event of its own besides that of the move, which says what has to be given back.
      const moves = order.history.filter(({ from, to }) => from !== null && from !== to);
      const cancels = moves.filter(({ to }) => to === "cancelled");
      const due = 1 + moves.length + cancels.length;
      if (order.publishedEvents !== due)
        return `orders should have published ${due} events of it, and did ${order.publishedEvents}`;
    }
    if (reservation) {
      const due = reservationEvents(reservation);
      if (reservation.publishedEvents !== due)
        return `inventory should have published ${due} events of it, and did ${reservation.publishedEvents}`;
    }
    return undefined;
  },
};

function reservationEvents({ state, wasCommitted }: NonNullable<OrderSnapshot["reservation"]>): number {
  switch (state) {
    case "tombstone":
    case "prepaid":
      return 0;
    case "reserved":
    case "rejected":
      return 1;
    case "committed":
      return 2;
    case "released":
      return wasCommitted ? 3 : 2;
    default:
      return state satisfies never;
  }
}

const total: OrderInvariant = {
  name: "orders.total",
  says: "An order costs what its lines cost after discounts, with the taxes that are not included in these.",
  wrong: ({ order }) =>
    order && order.totalMinor !== order.linesMinor - order.lineDiscountMinor + order.addedMinor
      ? `costs ${order.totalMinor}, its lines ${order.linesMinor} less ${order.lineDiscountMinor}, and taxes add ${order.addedMinor}`
      : undefined,
};

const discounts: OrderInvariant = {
  name: "orders.discounts",
  says: "The discounts of an order are those of its lines.",
  wrong: ({ order }) =>
    order && order.discountMinor !== order.lineDiscountMinor
      ? `discounts of ${order.discountMinor}, of its lines ${order.lineDiscountMinor}`
      : undefined,
};

const taxes: OrderInvariant = {
  name: "orders.taxes",
  says: "The taxes of an order are those of its lines.",
  wrong: ({ order }) =>
    order && order.lineTaxMinor !== null && order.lineTaxMinor !== order.taxMinor
      ? `taxes of ${order.taxMinor}, of its lines ${order.lineTaxMinor}`
      : undefined,
};

const chargedOnce: OrderInvariant = {
  name: "payments.charged-once",
  says: "Of all payments of an order, at most one is alive.",
  wrong: ({ payments }) =>
    payments.length > 1 ? `paid by ${payments.map(({ paymentId }) => paymentId).join(" and ")}` : undefined,
};

const owed: OrderInvariant = {
  name: "payments.owed",
  says: "What was captured and not refunded is what the order owes.",
  wrong(snapshot) {
    const owes = owedMinor(snapshot.order);
    if (owes === undefined) return undefined;
    const { capturedMinor, refundedMinor } = sums(snapshot);
    const paid = capturedMinor - refundedMinor;
    return paid === owes ? undefined : `${statusOf(snapshot)}: owes ${owes}, paid ${paid}`;
  },
};

/** @returns undefined while the money is on its way */
function owedMinor(order: OrderSnapshot["order"]): number | undefined {
  if (!order) return 0;
  switch (order.status) {
    case "pending_payment":
    case "confirmed":
      return undefined;
    case "paid":
    case "processing":
    case "shipped":
    case "delivered":
      return order.totalMinor - order.refundedMinor;
    case "cancelled":
    case "refunded":
      return 0;
    default:
      return order.status satisfies never;
  }
}

const agreed: OrderInvariant = {
  name: "payments.agreed",
  says: "Orders and payments say the same of what was captured and refunded.",
  wrong(snapshot) {
    if (!snapshot.order) return undefined;
    const { order } = snapshot;
    const known = sums(snapshot);
    if (order.capturedMinor === known.capturedMinor && order.refundedMinor === known.refundedMinor) return undefined;
    return `captured ${order.capturedMinor}, refunded ${order.refundedMinor}; payments say ${known.capturedMinor} and ${known.refundedMinor}`;
  },
};

const holdEnds: OrderInvariant = {
  name: "payments.hold-ends",
  says: "No authorisation outlives its order.",
  wrong(snapshot) {
    const { heldMinor } = sums(snapshot);
    return isOver(snapshot) && heldMinor > 0 ? `${statusOf(snapshot)}, and ${heldMinor} are held` : undefined;
  },
};

const reservationEnds: OrderInvariant = {
  name: "stock.reservation-ends",
  says: "No reservation outlives its order, and what is paid for is committed.",
  wrong(snapshot) {
    const { order, reservation } = snapshot;
    const state = reservation?.state ?? "none";
    const bad = `${statusOf(snapshot)}, its reservation is ${state}`;
    switch (order?.status ?? "cancelled") {
      case "cancelled":
        return ["reserved", "committed", "prepaid"].includes(state) ? bad : undefined;
      case "refunded":
        return state === "reserved" ? bad : undefined; // the customer keeps the goods
      case "pending_payment":
      case "confirmed":
        return undefined;
      default:
        return state === "committed" ? undefined : bad;
    }
  },
};

const held: OrderInvariant = {
  name: "stock.order-covered",
  says: "A reservation holds exactly what was ordered.",
  wrong({ order, reservation }) {
    if (!order || (reservation?.state !== "reserved" && reservation?.state !== "committed")) return undefined;
    const ordered = piecesOf(order.lines);
    const reserved = piecesOf(reservation.lines);
    return ordered === reserved ? undefined : `ordered ${ordered}; reserved ${reserved || "nothing"}`;
  },
};

export const orderInvariants: readonly OrderInvariant[] = [
  deadline,
  history,
  appliedOnce,
  total,
  discounts,
  taxes,
  published,
  held,
  reservationEnds,
  holdEnds,
  chargedOnce,
  owed,
  agreed,
];

function piecesOf(lines: readonly Pieces[]): string {
  return lines
    .map(({ sku, quantity }) => `${quantity} ${sku}`)
    .sort()
    .join(", ");
}

function isOver({ order }: OrderSnapshot): boolean {
  return !order || order.status === "cancelled" || order.status === "refunded";
}

function statusOf({ order }: OrderSnapshot): string {
  return order?.status ?? "the order is unknown";
}

function sums({ payments }: OrderSnapshot) {
  return payments.reduce(
    (sum, payment) => ({
      heldMinor: sum.heldMinor + payment.heldMinor,
      capturedMinor: sum.capturedMinor + payment.capturedMinor,
      refundedMinor: sum.refundedMinor + payment.refundedMinor,
    }),
    { heldMinor: 0, capturedMinor: 0, refundedMinor: 0 },
  );
}

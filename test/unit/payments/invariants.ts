import { fundsOf, isDead } from "#services/commerce/payments/domain/payment.ts";
import { providerFundsOf } from "#services/commerce/payments/domain/split.ts";
import type { PaymentsModel } from "./payments-model.ts";

/** Violated invariants of those that hold at every moment. */
export function violations(model: PaymentsModel): string[] {
  const broken: string[] = [];
  for (const { paymentId, payment } of model.rows) {
    const { heldMinor, capturedMinor, refundedMinor } = fundsOf(payment);
    if (heldMinor < 0 || heldMinor + capturedMinor > payment.amountMinor)
      broken.push(`${paymentId} captured more than was authorised`);
    if (refundedMinor < 0 || refundedMinor > capturedMinor) broken.push(`${paymentId} refunded more than it captured`);
  }
  for (const [orderId] of model.payables) {
    const charges = [...model.provider.charges.values()].filter(
      (charge) => charge.orderId === orderId && charge.everHeld,
    );
    if (charges.length > 1) broken.push(`${orderId} was charged ${charges.length} times`);
    const live = [...model.provider.charges.values()].filter(
      (charge) => charge.orderId === orderId && (charge.waiting || charge.held > 0 || charge.captured > 0),
    );
    if (live.length > 1) broken.push(`${orderId} has ${live.length} live authorisations`);
  }
  return broken;
}

/** Violated invariants of a model in which everything has ended. */
export function finalViolations(model: PaymentsModel): string[] {
  const broken: string[] = [];
  for (const row of model.rows) {
    const charge = model.provider.charges.get(row.reference);
    const { heldMinor, capturedMinor, refundedMinor } = providerFundsOf(row.payment);
    const theirs = charge ? [charge.held, charge.captured, charge.refunded] : [0, 0, 0];
    if (row.payment.state === "requires_action" && !charge?.waiting) continue; // the customer has acted, and nobody asked since
    if (theirs.join() !== [heldMinor, capturedMinor, refundedMinor].join())
      broken.push(`${row.paymentId} differs from the provider's charges`);
    if (/ing$/.test(row.payment.state)) broken.push(`${row.paymentId} is still ${row.payment.state}`);
  }
  for (const [orderId, { cancelled }] of model.payables) {
    if (!cancelled) continue;
    for (const charge of model.provider.charges.values()) {
      if (charge.orderId !== orderId) continue;
      if (charge.held > 0 || charge.waiting || charge.captured > charge.refunded)
        broken.push(`${orderId} is cancelled and something is held`);
    }
  }
  const sum = (orderId: string, kind: string) =>
    model.facts
      .filter((fact) => fact.orderId === orderId && fact.kind === kind)
      .reduce((total, fact) => total + fact.amountMinor, 0);
  for (const row of model.rows) {
    if (isDead(row.payment.state)) continue;
    const { capturedMinor, refundedMinor } = fundsOf(row.payment);
    if (sum(row.orderId, "completed") !== capturedMinor) broken.push(`${row.orderId}: the events' captures differ`);
    if (sum(row.orderId, "refunded") !== refundedMinor) broken.push(`${row.orderId}: the events' refunds differ`);
  }
  return broken;
}

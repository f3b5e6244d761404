import { fundsOf, isDead } from "#services/commerce/payments/domain/payment.ts";
import type { World } from "./simulation.ts";

/** Invariants that hold at every moment. */
export function brokenLaws(world: World): string[] {
  const broken: string[] = [];
  for (const { paymentId, payment } of world.rows) {
    const { heldMinor, capturedMinor, refundedMinor } = fundsOf(payment);
    if (heldMinor < 0 || heldMinor + capturedMinor > payment.amountMinor)
      broken.push(`${paymentId} took more than was authorised`);
    if (refundedMinor < 0 || refundedMinor > capturedMinor) broken.push(`${paymentId} gave back more than it took`);
  }
  for (const [orderId] of world.payables) {
    const charges = [...world.provider.charges.values()].filter(
      (charge) => charge.orderId === orderId && charge.everHeld,
    );
    if (charges.length > 1) broken.push(`${orderId} was charged ${charges.length} times`);
  }
  return broken;
}

/** Invariants that hold once everything has come to its end. */
export function brokenEnds(world: World): string[] {
  const broken: string[] = [];
  for (const row of world.rows) {
    const charge = world.provider.charges.get(row.reference);
    const { heldMinor, capturedMinor, refundedMinor } = fundsOf(row.payment);
    const theirs = charge ? [charge.held, charge.captured, charge.refunded] : [0, 0, 0];
    if (theirs.join() !== [heldMinor, capturedMinor, refundedMinor].join())
      broken.push(`${row.paymentId} differs from the provider's books`);
    if (/ing$/.test(row.payment.state)) broken.push(`${row.paymentId} is still ${row.payment.state}`);
  }
  for (const [orderId, { cancelled }] of world.payables) {
    if (!cancelled) continue;
    for (const charge of world.provider.charges.values()) {
      if (charge.orderId !== orderId) continue;
      if (charge.held > 0 || charge.waiting || charge.captured > charge.refunded)
        broken.push(`${orderId} is cancelled and something is held`);
    }
  }
  const sum = (orderId: string, kind: string) =>
    world.facts
      .filter((fact) => fact.orderId === orderId && fact.kind === kind)
      .reduce((total, fact) => total + fact.amountMinor, 0);
  for (const row of world.rows) {
    if (isDead(row.payment.state)) continue;
    const { capturedMinor, refundedMinor } = fundsOf(row.payment);
    if (sum(row.orderId, "completed") !== capturedMinor) broken.push(`${row.orderId}: the events' captures differ`);
    if (sum(row.orderId, "refunded") !== refundedMinor) broken.push(`${row.orderId}: the events' refunds differ`);
  }
  return broken;
}

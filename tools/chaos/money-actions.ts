import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { chargeFees, payOut } from "#services/commerce/payments/providers/test-provider-movements.ts";
import { testSignature } from "#services/commerce/payments/providers/test-provider-notifications.ts";
import type { Cluster } from "./cluster.ts";
import type { Answer, Request } from "./http.ts";
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";
import { REJECTED, suspiciousOrder } from "./review-actions.ts";

const POLLS = 120;
const POLL_MS = 250;

/**
 * What happens to money besides buying: hand-offs, voids, saved methods, gift cards, reviews, and what the provider tells
 * afterwards.
 * @returns whether the order that is handed off went all the way; it may be cancelled, or wait while something is down
 */
export async function moneyActions(cluster: Cluster, load: Load, random: Random): Promise<boolean> {
  const [done] = await Promise.all([
    handOffAndDispute(cluster, load, random),
    voidWaitingPayment(load, random),
    providerPaysOut(cluster, random),
    closeLastMonth(load),
    saveAndForgetMethod(load, random),
    spendCard(load, random),
    suspiciousOrder(cluster, load, random),
    suspiciousOrder(cluster, load, random, REJECTED),
  ]);
  return done;
}

/** An order is shipped, a part of it refunded at the provider until that comes back, and it is disputed and won. */
async function handOffAndDispute(cluster: Cluster, load: Load, random: Random): Promise<boolean> {
  const shopper = random.of(load.shoppers);
  const order = await shopper.order(random.of(load.goods), { wait: 5 });
  if (order?.body.status !== "paid") return false;
  const { orderId } = order.body;
  const handedOff = await asStaff(load, "hand off", `/orders/${orderId}/hand-off`);
  if (handedOff?.status !== 200) return false; // it was cancelled meanwhile
  await chargeFees(booksOf(cluster), orderId, 1).catch(() => undefined);
  const [charge] = await cluster
    .books<{ chargeId: string }>('SELECT charge_id AS "chargeId" FROM charge WHERE order_id = $1', [orderId])
    .catch(() => []);
  if (!charge) return false;
  for (const change of [1, -1]) {
    const key = `dashboard-${randomUUID()}`;
    await until(() => cluster.books(REFUND_ELSEWHERE, [key, charge.chargeId, change]));
    await notify(load, "charge", charge.chargeId);
    if (!(await until(() => agreed(cluster, charge.chargeId)))) return false;
  }
  const disputeId = `test_dp_${randomUUID()}`;
  const open = "INSERT INTO dispute (dispute_id, charge_id, amount_minor) VALUES ($1, $2, 1) RETURNING 1";
  if (!(await until(() => cluster.books(open, [disputeId, charge.chargeId])))) return false;
  await notify(load, "dispute", disputeId);
  const known = `SELECT dispute_id AS id FROM dispute WHERE reference = $1`;
  const [dispute] = (await until(() => cluster.query<{ id: string }>("payments", known, [disputeId]))) ?? [];
  if (!dispute) return false;
  const answer = await asStaff(load, "evidence", `/disputes/${dispute.id}/evidence`, {
    explanation: "winning_evidence",
  });
  return answer?.status === 200;
}

/** Somebody refunds something at the provider, or a refund comes back: once for each key, whose answer may be lost. */
const REFUND_ELSEWHERE = `
  WITH once AS (
    INSERT INTO call (idempotency_key, kind, charge_id, amount_minor, answer) VALUES ($1, 'elsewhere', $2, $3, '{}')
    ON CONFLICT (idempotency_key) DO NOTHING RETURNING charge_id
  ), changed AS (
    UPDATE charge c SET refunded_minor = refunded_minor + $3 FROM once WHERE c.charge_id = once.charge_id
  )
  SELECT 1`;

/** @returns no rows until the payment of a charge has the same amount refunded as the charge */
async function agreed(cluster: Cluster, chargeId: string): Promise<object[]> {
  const [charge] = await cluster.books<{ refunded: number }>(
    "SELECT refunded_minor AS refunded FROM charge WHERE charge_id = $1",
    [chargeId],
  );
  return cluster.query("payments", "SELECT FROM payment WHERE provider_reference = $1 AND refunded_minor = $2", [
    chargeId,
    charge?.refunded ?? 0,
  ]);
}

/** The provider pays out, which payments finds in its list. */
async function providerPaysOut(cluster: Cluster, random: Random): Promise<void> {
  const amount = { currency: "USD", amountMinor: random.between(1, 99) };
  await payOut(booksOf(cluster), `test_po_${randomUUID()}`, amount).catch(() => undefined); // the server may be away
}

function booksOf(cluster: Cluster) {
  return { query: <Row extends object>(text: string, values?: readonly unknown[]) => cluster.books<Row>(text, values) };
}

/** Staff close the month before this one, again and again. */
async function closeLastMonth(load: Load): Promise<void> {
  const now = new Date();
  const last = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1)).toISOString().slice(0, 7);
  await asStaff(load, "close period", `/ledger/periods/${last}/close`);
}

/** Staff release a payment that waits for its customer. */
async function voidWaitingPayment(load: Load, random: Random): Promise<void> {
  const shopper = random.of(load.shoppers);
  const order = await shopper.order(random.of(load.goods), { method: "pm_card_authenticationRequired", wait: 2 });
  if (order?.status !== 201) return;
  const path = `/orders/${order.body.orderId}?expand=payment`;
  const seen = await shopper.caller.insist("read order", { method: "GET", path });
  const paymentId = seen?.body.payment?.paymentId;
  if (paymentId) await asStaff(load, "void", `/payments/${paymentId}/void`);
}

/** A card and store credit pay an order, of which a part is given back; then what is left of the card ends. */
async function spendCard(load: Load, random: Random): Promise<void> {
  const shopper = random.of(load.shoppers);
  const card = await load.issueCard(random.between(10, 60));
  if (card?.status !== 201) return;
  await load.grantCredit(shopper, 10);
  const order = await shopper.checkOut(random.of(load.goods), { giftCards: [card.body.code] });
  if (order?.status === 201 && !order.body.orderToken) {
    const path = `/orders/${order.body.orderId}?expand=payment`;
    const seen = await shopper.caller.insist("read order", { method: "GET", path });
    const paymentId = seen?.body.payment?.paymentId;
    if (paymentId) await asStaff(load, "refund", `/payments/${paymentId}/refund`, { amount: 15, reason: "returned" });
  }
  await asStaff(load, "disable card", `/gift-cards/${card.body.giftCardId}/disable`);
}

async function saveAndForgetMethod(load: Load, random: Random): Promise<void> {
  const { caller, customerId } = random.of(load.shoppers);
  const send = (method: Request["method"], rest: string) =>
    caller.insist("payment method", {
      ...{ method, path: `/customers/${customerId}/payment-methods${rest}` },
      headers: { "idempotency-key": randomUUID() },
      ...(method === "POST" ? { body: {} } : {}),
    });
  await send("POST", "/setup");
  const listed = await send("GET", "");
  const methods: { paymentMethodId: string }[] = listed?.body.paymentMethods ?? [];
  for (const { paymentMethodId } of methods) await send("DELETE", `/${paymentMethodId}`);
}

function asStaff({ staff }: Load, what: string, path: string, body: object = {}): Promise<Answer | undefined> {
  return staff.insist(what, { method: "POST", path, headers: { "idempotency-key": randomUUID() }, body });
}

/** The test provider tells that something has changed, until somebody has heard it. */
function notify({ staff }: Load, kind: "charge" | "dispute", reference: string): Promise<Answer | undefined> {
  const body = { id: `evt_${randomUUID()}`, kind, reference };
  const headers = { "test-signature": testSignature(JSON.stringify(body)) };
  return staff.insist("notification", { method: "POST", path: "/webhooks/test", headers, body });
}

/** Asks a database that may be away until it has rows. @returns undefined when it had none for too long */
async function until<Row extends object>(ask: () => Promise<Row[]>): Promise<Row[] | undefined> {
  for (let poll = 0; poll < POLLS; poll++) {
    const rows = await ask().catch(() => []);
    if (rows.length > 0) return rows;
    await sleep(POLL_MS);
  }
  return undefined;
}

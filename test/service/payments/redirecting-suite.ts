import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type {
  PaymentProvider,
  ProviderMethod,
  ReceivedNotification,
} from "#services/commerce/payments/providers/provider.ts";
import { sendRequest } from "#services/commerce/payments/providers/provider.ts";
import { eventually } from "#test/support/eventually.ts";
import type { ApiFault } from "#test/support/fake-api.ts";
import { customer, type Order, type PaymentsHarness, paymentsHarness, staff } from "./payments-harness.ts";
import { authorization, expectKind, newPayment, operation, type Payment } from "./provider-requests.ts";
import { webhookRelay } from "./webhook-relay.ts";

/** A provider with a page to which the customer is sent, and the other side of it. */
export interface OpenedProvider {
  provider: PaymentProvider;
  /** The customer agrees, or refuses, on the provider's page. */
  customerAgrees(reference: string): unknown;
  customerRefuses?(reference: string): unknown;
  /** The next request that changes something goes wrong. */
  plan(fault: ApiFault): unknown;
  /** How often money was moved for a payment: captures, releases and refunds, as the provider has them. */
  moves(reference: string): unknown[];
  /** The genuine notification about a payment as it is now, and another one with a part of it changed. */
  notification(reference: string): ReceivedNotification;
  forged(reference: string): ReceivedNotification;
  /** Sends the notification to the shop. @returns the shop's answer */
  notify(reference: string): Promise<Response>;
  close(): Promise<unknown>;
}

export interface Abilities {
  /** The `paymentMethodId`, and what it means. */
  methodId: string;
  method: ProviderMethod;
  currency: string;
  amountMinor: number;
  partMinor: number;
  otherCurrency: string;
  /** The money is taken when the customer agrees. */
  takesAtOnce?: boolean;
  /** What is not captured stays held; otherwise it is given back. */
  keepsRest?: boolean;
  /** Refunds of a part can be told apart, so that one whose answer was lost is found. */
  tellsRefunds?: boolean;
  /** Where the shop hears of notifications. */
  action: (received: ReceivedNotification) => ["payments.receive" | "payments.receiveVnpay", object];
}

const NEVER = new AbortController().signal;
const HOUR_MS = 3_600_000;

/** What providers with a page of their own must do. */
export function redirectingSuite(
  name: string,
  open: (notifyUrl: string) => Promise<OpenedProvider>,
  abilities: Abilities,
): void {
  const { currency, amountMinor, partMinor, method } = abilities;
  describe(`${name} as a provider`, () => {
    let opened: OpenedProvider;
    let provider: PaymentProvider;
    beforeAll(async () => {
      opened = await open("http://shop.invalid/webhooks");
      provider = opened.provider;
    });
    afterAll(() => opened.close());

    const send = (request: Parameters<typeof sendRequest>[1]) => sendRequest(provider, request, NEVER);
    const charge = (reference: string) => provider.charge(reference, NEVER);

    async function asked(payment: Payment): Promise<string> {
      return expectKind(await send(authorization(payment, method)), "actionRequired").reference;
    }
    async function held(payment = newPayment(currency, amountMinor)) {
      const reference = await asked(payment);
      await opened.customerAgrees(reference);
      expectKind(await send(operation(payment, "confirm", reference)), "authorized");
      return { payment, reference };
    }
    async function captured() {
      const made = await held();
      expectKind(await send(operation(made.payment, "capture", made.reference)), "captured");
      return made;
    }

    test("sends the customer to its page, and holds the money when they have agreed", async () => {
      const payment = newPayment(currency, amountMinor);
      const request = authorization(payment, method);
      const answer = expectKind(await send(request), "actionRequired");
      const { reference, action } = answer;
      expect(action).toEqual({ type: "redirect", url: expect.stringMatching(/^https?:\/\//) });
      expect(await send(request)).toEqual(answer); // the same key
      const early = expectKind(await send(operation(payment, "confirm", reference)), "actionRequired");
      expect(early).toEqual(answer);
      expect((await charge(reference))?.state ?? "waiting").toBe("waiting");
      await opened.customerAgrees(reference);
      const { paymentId, orderId } = payment;
      expect(await charge(reference)).toMatchObject({ paymentId, orderId, currency, amountMinor });
      const confirm = operation(payment, "confirm", reference);
      const authorized = expectKind(await send(confirm), "authorized");
      expect(authorized.reference).toBe(reference);
      expect(Date.parse(authorized.expiresAt)).toBeGreaterThan(Date.now());
      expect(await send(confirm)).toEqual(authorized);
      const funds = abilities.takesAtOnce ? { capturedMinor: amountMinor } : { heldMinor: amountMinor };
      expect(await charge(reference)).toMatchObject({ state: "accepted", ...funds });
    });

    test("declines what it does not take", async () => {
      const declines = (payment: Payment, by = method) => send(authorization(payment, by));
      expect(await declines(newPayment(abilities.otherCurrency, 1_000))).toMatchObject({
        decline: { code: "currency_unsupported", message: expect.stringMatching(/\.$/) },
      });
      expect(await declines(newPayment(currency, amountMinor), { type: "card", token: "pm_card_visa" })).toMatchObject({
        decline: { code: "payment_method_unsupported", message: expect.stringMatching(/\.$/) },
      });
      expect(await declines(newPayment(currency, 0))).toMatchObject({ decline: { code: "amount_unsupported" } });
    });

    test("captures everything once, and nothing above it", async () => {
      const { payment, reference } = await held();
      expectKind(await send(operation(payment, "capture", reference, amountMinor + partMinor)), "declined");
      const capture = operation(payment, "capture", reference);
      expect(await send(capture)).toEqual({ kind: "captured", heldMinor: 0 });
      expect(await send(capture)).toEqual({ kind: "captured", heldMinor: 0 });
      expect(await charge(reference)).toMatchObject({ heldMinor: 0, capturedMinor: amountMinor, refundedMinor: 0 });
    });

    test("a capture of less leaves the customer with what was captured", async () => {
      const { payment, reference } = await held();
      const capture = operation(payment, "capture", reference, partMinor);
      const heldMinor = abilities.keepsRest ? amountMinor - partMinor : 0;
      expect(await send(capture)).toEqual({ kind: "captured", heldMinor });
      expect(await send(capture)).toEqual({ kind: "captured", heldMinor });
      expect(await provider.find(capture, NEVER, true)).toEqual({ kind: "captured", heldMinor });
      if (!abilities.takesAtOnce) {
        expect(await charge(reference)).toMatchObject({ heldMinor, capturedMinor: partMinor, refundedMinor: 0 });
      }
    });

    test("voids what waits and what is held, also again", async () => {
      const waiting = newPayment(currency, amountMinor);
      const reference = await asked(waiting);
      expectKind(await send(operation(waiting, "void", reference, 0)), "voided");
      const { payment, reference: other } = await held();
      for (let times = 0; times < 2; times++) expectKind(await send(operation(payment, "void", other)), "voided");
      const released = await charge(other);
      expect(released?.heldMinor).toBe(0);
      expect(released?.capturedMinor).toBe(released?.refundedMinor);
    });

    test("refunds in parts, never above what was captured", async () => {
      const { payment, reference } = await captured();
      expectKind(await send(operation(payment, "refund", reference, partMinor)), "refunded");
      expectKind(await send(operation(payment, "refund", reference)), "declined");
      expectKind(await send(operation(payment, "refund", reference, amountMinor - partMinor)), "refunded");
      expectKind(await send(operation(payment, "refund", reference, partMinor)), "declined");
      expect(await charge(reference)).toMatchObject({ capturedMinor: amountMinor, refundedMinor: amountMinor });
    });

    test("settles captures, voids and refunds whose answers were lost, and moves the money once", async () => {
      const lost = async (made: { payment: Payment; reference: string }, kind: "capture" | "void" | "refund") => {
        // A provider that takes the money at once has nothing to do but to give a rest back.
        const amount = kind === "capture" && abilities.takesAtOnce ? partMinor : amountMinor;
        const request = operation(made.payment, kind, made.reference, amount);
        const before = opened.moves(made.reference).length;
        expect(await provider.find(request, NEVER, true)).toBeUndefined();
        opened.plan("loseAnswer");
        await expect(send(request)).rejects.toThrow();
        const answer = (await provider.find(request, NEVER, true)) ?? (await send(request));
        expect(opened.moves(made.reference).length - before).toBe(1);
        return answer.kind;
      };
      expect(await lost(await held(), "capture")).toBe("captured");
      expect(await lost(await held(), "void")).toBe("voided");
      expect(await lost(await captured(), "refund")).toBe("refunded");
    });

    if (abilities.tellsRefunds) {
      test("finds a refund of a part whose answer was lost", async () => {
        const { payment, reference } = await captured();
        const refund = operation(payment, "refund", reference, partMinor);
        opened.plan("loseAnswer");
        await expect(send(refund)).rejects.toThrow();
        expect(await provider.find(refund, NEVER, true)).toEqual({ kind: "refunded" });
        expect(await send(refund)).toEqual({ kind: "refunded" });
        expect(await charge(reference)).toMatchObject({ refundedMinor: partMinor });
      });
    }

    test.each(["fail", "silence"] as const)("%s leaves the outcome unknown", async (fault) => {
      const { payment, reference } = await captured();
      opened.plan(fault);
      const refund = operation(payment, "refund", reference);
      await expect(sendRequest(provider, refund, AbortSignal.timeout(300))).rejects.toThrow();
      expect(await provider.find(refund, NEVER, true)).toBeUndefined();
    });

    test("does not know what it never made", async () => {
      expect(await charge("no_such_charge")).toBeUndefined();
      expect(
        await provider.find(authorization(newPayment(currency, amountMinor), method), NEVER, true),
      ).toBeUndefined();
    });

    test("believes only its own notifications", async () => {
      const { reference } = await held();
      const { notifications } = provider;
      const genuine = opened.notification(reference);
      const read = await notifications?.read(genuine, new Date());
      expect(read).toMatchObject({ eventId: expect.stringMatching(/./), about: { kind: "charge", reference } });
      const refused = { type: "INVALID_SIGNATURE" };
      const reading = async (received: ReceivedNotification, now = new Date()) => notifications?.read(received, now);
      await expect(reading(opened.forged(reference))).rejects.toMatchObject(refused);
      await expect(reading({ ...genuine, query: {}, headers: {}, body: "{}" })).rejects.toMatchObject(refused);
      await expect(reading(genuine, new Date(Date.now() + 100 * HOUR_MS))).rejects.toMatchObject(refused);
    });
  });

  describe(`${name} in the shop`, () => {
    let opened: OpenedProvider;
    let harness: PaymentsHarness;
    let relay: Awaited<ReturnType<typeof webhookRelay>>;
    let total: number;
    beforeAll(async () => {
      relay = await webhookRelay((received) => {
        const [action, params] = abilities.action(received);
        return harness.call(action, params as never, staff);
      });
      opened = await open(relay.url.href);
      harness = await paymentsHarness({ provider: () => opened.provider });
      total = amountMinor / (currency === "VND" ? 1 : 100);
    });
    afterAll(async () => {
      await harness.stop();
      await Promise.all([opened.close(), relay.stop()]);
    });

    let order: Order;
    let reference: string;
    beforeEach(async () => {
      order = { ...harness.order(total, abilities.methodId), currency };
      await harness.publishCreated(order);
      await harness.publishReserved(order);
      const [event] = await harness.awaitEvents(order, "PaymentActionRequired");
      expect(event?.data).toMatchObject({ amount: total, action: { type: "redirect" } });
      const [row] = await harness.db.query<{ reference: string }>(
        "SELECT provider_reference AS reference FROM payment WHERE order_id = $1",
        [order.orderId],
      );
      reference = row?.reference ?? "";
    });

    test("agreed, notified, captured on confirmation, refunded", async () => {
      await opened.customerAgrees(reference);
      expect((await opened.notify(reference)).status).toBe(200);
      await harness.awaitEvents(order, "PaymentActionRequired", "PaymentAuthorized");
      expect(await harness.paymentOf(order)).toMatchObject({ status: "authorized", provider: opened.provider.name });
      await harness.publishConfirmed(order);
      await harness.awaitEvents(order, "PaymentActionRequired", "PaymentAuthorized", "PaymentCompleted");
      const { paymentId } = await harness.paymentOf(order);
      const refund = { paymentId, amount: total, reason: "requested_by_customer" };
      expect(await harness.call("payments.refund", refund, staff)).toMatchObject({ refundedAmount: total });
      expect(await harness.paymentOf(order)).toMatchObject({ status: "refunded", refundedAmount: total });
      expect(await opened.provider.charge(reference, NEVER)).toMatchObject({ refundedMinor: amountMinor });
    });

    test("a notification that comes twice counts once", async () => {
      await opened.customerAgrees(reference);
      const received = opened.notification(reference);
      const [action, params] = abilities.action(received);
      await harness.call(action, params as never, staff);
      await harness.call(action, params as never, staff);
      await harness.awaitEvents(order, "PaymentActionRequired", "PaymentAuthorized");
      const { eventId } = (await opened.provider.notifications?.read(received, new Date())) ?? {};
      await eventually(async () => {
        const stored = await harness.db.query("SELECT 1 FROM notification WHERE event_id = $1", [eventId]);
        expect(stored).toHaveLength(1);
      });
    });

    test("a forged notification is refused, and changes nothing", async () => {
      await opened.customerAgrees(reference);
      const [action, params] = abilities.action(opened.forged(reference));
      await expect(harness.call(action, params as never, staff)).rejects.toMatchObject({ type: "INVALID_SIGNATURE" });
      expect(
        await harness.db.query("SELECT 1 FROM notification_work WHERE payload::text LIKE $1", [`%${reference}%`]),
      ).toEqual([]);
      expect(await harness.paymentOf(order)).toMatchObject({ status: "requires_action" });
    });

    test("without a notification, the customer's return goes on", async () => {
      const { paymentId } = await harness.paymentOf(order);
      await opened.customerAgrees(reference);
      const confirmed = harness.call("payments.confirm", { paymentId }, customer(order.customerId));
      expect(await confirmed).toMatchObject({ status: "authorized", amount: total });
      await harness.awaitEvents(order, "PaymentActionRequired", "PaymentAuthorized");
    });

    test("notified and confirmed at once, it is authorised once", async () => {
      const { paymentId } = await harness.paymentOf(order);
      await opened.customerAgrees(reference);
      await Promise.all([
        opened.notify(reference),
        harness.call("payments.confirm", { paymentId }, customer(order.customerId)),
      ]);
      await harness.awaitEvents(order, "PaymentActionRequired", "PaymentAuthorized");
    });

    test("a cancelled order gets its money back", async () => {
      const { paymentId } = await harness.paymentOf(order);
      await opened.customerAgrees(reference);
      await harness.call("payments.confirm", { paymentId }, customer(order.customerId));
      await harness.publishCancelled(order);
      await harness.awaitEvents(order, "PaymentActionRequired", "PaymentAuthorized", "PaymentVoided");
      const charge = await opened.provider.charge(reference, NEVER);
      expect(charge?.heldMinor).toBe(0);
      expect(charge?.capturedMinor).toBe(charge?.refundedMinor);
    });

    test("a customer who refuses has failed to pay", async () => {
      if (!opened.customerRefuses) return;
      await opened.customerRefuses(reference);
      await opened.notify(reference);
      const [, failed] = await harness.awaitEvents(order, "PaymentActionRequired", "PaymentFailed");
      expect(failed?.data).toMatchObject({
        errorCode: expect.stringMatching(/./),
        errorMessage: expect.stringMatching(/./),
      });
    });
  });
}

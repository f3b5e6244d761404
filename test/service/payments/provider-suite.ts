import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Charge } from "#services/commerce/payments/domain/charge.ts";
import type { Answer, OperationKind } from "#services/commerce/payments/domain/operation.ts";
import {
  type PaymentProvider,
  type ProviderMethod,
  type ProviderRequest,
  type RequestOf,
  sendRequest,
} from "#services/commerce/payments/providers/provider.ts";

/** A provider, and what tests do on its other side. */
export interface OpenedProvider {
  provider: PaymentProvider;
  /** The customer does what was asked for. */
  customerAgrees(reference: string): Promise<unknown> | unknown;
  /** Does everything that the next request asks for, and loses its answer. Absent: the provider cannot be made to. */
  loseNextAnswer?(): void;
  close(): Promise<unknown>;
}

/** An amount that can be paid, and a part of it. */
export interface Payable {
  currency: string;
  amountMinor: number;
  partMinor: number;
}

/** What a provider can do. The suite expects everything else of each of them. */
export interface Abilities {
  /** A method that is accepted, at once or after `customerAgrees`. */
  method: ProviderMethod;
  /** A method that waits for the customer. */
  waiting: ProviderMethod;
  /** A method that is declined, and the code. Absent: the customer finds out at the provider. */
  declined?: { method: ProviderMethod; code: string };
  payable: Payable;
  /** Amounts in other currencies, such as those of no and of three digits. */
  others: readonly Payable[];
  /** The money is taken with the authorisation, so that a capture has nothing to do. */
  takesAtOnce?: boolean;
  /** A part of what is held can be captured. */
  capturesParts?: boolean;
  /** The charge keeps the id of the payment, not only that of the order. */
  knowsPayment?: boolean;
}

const NEVER = new AbortController().signal;
const MINUTE_MS = 60_000;

/** What every provider must do, whatever it is. */
export function providerSuite(name: string, open: () => Promise<OpenedProvider>, abilities: Abilities): void {
  describe(name, () => {
    let opened: OpenedProvider;
    let provider: PaymentProvider;
    beforeAll(async () => {
      opened = await open();
      provider = opened.provider;
    });
    afterAll(() => opened.close());

    const send = (request: ProviderRequest) => sendRequest(provider, request, NEVER);
    const find = (request: ProviderRequest) => provider.find(request, NEVER, true);
    const chargeOf = async (reference: string): Promise<Charge> => {
      const charge = await provider.charge(reference, NEVER);
      if (!charge) throw new Error(`${name} does not know ${reference}.`);
      return charge;
    };

    /** An authorisation that was accepted, by the customer too if needed. */
    async function hold(payable = abilities.payable): Promise<{ payment: Payment; reference: string }> {
      const payment = newPayment(payable);
      const answer = await send(authorization(payment, abilities.method));
      if (answer.kind === "authorized") return { payment, reference: answer.reference };
      const { reference } = expectKind(answer, "actionRequired");
      await opened.customerAgrees(reference);
      expectKind(await send(operation(payment, "confirm", reference)), "authorized");
      return { payment, reference };
    }

    async function captured(payable = abilities.payable): Promise<{ payment: Payment; reference: string }> {
      const held = await hold(payable);
      expectKind(await send(operation(held.payment, "capture", held.reference)), "captured");
      return held;
    }

    const { payable } = abilities;
    const fresh = abilities.takesAtOnce
      ? { heldMinor: 0, capturedMinor: payable.amountMinor }
      : { heldMinor: payable.amountMinor, capturedMinor: 0 };

    test("holds the amount, and says so of the charge", async () => {
      const { payment, reference } = await hold();
      const charge = await chargeOf(reference);
      expect(charge).toMatchObject({ reference, state: "accepted", ...fresh, refundedMinor: 0 });
      expect(charge).toMatchObject({ orderId: payment.orderId, currency: payable.currency });
      expect(charge.paymentId).toBe(abilities.knowsPayment ? payment.paymentId : null);
    });

    test("a charge that was never made is unknown", async () => {
      expect(await provider.charge("no_such_charge", NEVER)).toBeUndefined();
      expect(await find(authorization(newPayment(payable), abilities.method))).toBeUndefined();
    });

    const { declined } = abilities;
    if (declined) {
      test("declines, and moves nothing", async () => {
        const answer = expectKind(await send(authorization(newPayment(payable), declined.method)), "declined");
        expect(answer.decline.code).toBe(declined.code);
        expect(answer.decline.message).not.toBe("");
        const charge = answer.reference && (await provider.charge(answer.reference, NEVER));
        if (charge) expect(charge).toMatchObject({ state: "declined", heldMinor: 0, capturedMinor: 0 });
      });
    }

    test("waits for the customer, and goes on when they have agreed", async () => {
      const payment = newPayment(payable);
      const asked = expectKind(await send(authorization(payment, abilities.waiting)), "actionRequired");
      expect(await chargeOf(asked.reference)).toMatchObject({ state: "waiting", heldMinor: 0, capturedMinor: 0 });
      await opened.customerAgrees(asked.reference);
      const answer = expectKind(await send(operation(payment, "confirm", asked.reference)), "authorized");
      expect(answer.reference).toBe(asked.reference);
      expect(Date.parse(answer.expiresAt)).toBeGreaterThan(Date.now());
      expect(await chargeOf(asked.reference)).toMatchObject({ state: "accepted", ...fresh });
    });

    test("a payment that waits can be voided", async () => {
      const payment = newPayment(payable);
      const { reference } = expectKind(await send(authorization(payment, abilities.waiting)), "actionRequired");
      expectKind(await send(operation(payment, "void", reference, 0)), "voided");
      expect(await chargeOf(reference)).toMatchObject({ heldMinor: 0, capturedMinor: 0 });
    });

    test("captures everything, once", async () => {
      const { payment, reference } = await hold();
      const capture = operation(payment, "capture", reference);
      expect(await send(capture)).toEqual({ kind: "captured", heldMinor: 0 });
      expect(await send(capture)).toEqual({ kind: "captured", heldMinor: 0 });
      expect(await chargeOf(reference)).toMatchObject({
        heldMinor: 0,
        capturedMinor: payable.amountMinor,
        refundedMinor: 0,
      });
    });

    if (abilities.capturesParts) {
      test("captures a part, and says what is still held", async () => {
        const { payment, reference } = await hold();
        const capture = operation(payment, "capture", reference, payable.partMinor);
        const { heldMinor } = expectKind(await send(capture), "captured");
        expect([0, payable.amountMinor - payable.partMinor]).toContain(heldMinor);
        expect(await chargeOf(reference)).toMatchObject({
          heldMinor,
          capturedMinor: payable.partMinor,
          refundedMinor: 0,
        });
      });
    }

    test("captures nothing above what is held", async () => {
      const { payment, reference } = await hold();
      const above = operation(payment, "capture", reference, payable.amountMinor + payable.partMinor);
      expectKind(await send(above), "declined");
      expect(await chargeOf(reference)).toMatchObject(fresh);
    });

    test("voids, and voids again", async () => {
      const { payment, reference } = await hold();
      for (let times = 0; times < 2; times++) expectKind(await send(operation(payment, "void", reference)), "voided");
      const charge = await chargeOf(reference);
      expect(charge.heldMinor).toBe(0);
      expect(charge.capturedMinor).toBe(charge.refundedMinor);
    });

    test("refunds in parts, never above what was captured", async () => {
      const { payment, reference } = await captured();
      const refund = operation(payment, "refund", reference, payable.partMinor);
      for (let times = 0; times < 2; times++) expect(await send(refund)).toEqual({ kind: "refunded" }); // the same key
      expect(await chargeOf(reference)).toMatchObject({ refundedMinor: payable.partMinor });
      const above = operation(payment, "refund", reference, payable.amountMinor);
      expectKind(await send(above), "declined");
      const rest = operation(payment, "refund", reference, payable.amountMinor - payable.partMinor);
      expect(await send(rest)).toEqual({ kind: "refunded" });
      expectKind(await send(operation(payment, "refund", reference, payable.partMinor)), "declined");
      expect(await chargeOf(reference)).toMatchObject({
        heldMinor: 0,
        capturedMinor: payable.amountMinor,
        refundedMinor: payable.amountMinor,
      });
    });

    test("a repeated key makes one charge", async () => {
      const request = authorization(newPayment(payable), abilities.method);
      const answers = await Promise.all([send(request), send(request), send(request)]);
      const references = answers.map((answer) => ("reference" in answer ? answer.reference : undefined));
      expect(new Set(references).size).toBe(1);
    });

    test("finds what it did, by the operation", async () => {
      const payment = newPayment(payable);
      const request = authorization(payment, abilities.method);
      const answer = await send(request);
      expect(await find(request)).toEqual(answer);
      expect(await find({ ...request, key: `${request.key}.1`, spentKeys: [request.key] })).toEqual(answer);
    });

    test("finds what it did though the answer was lost", async () => {
      if (!opened.loseNextAnswer) return;
      const payment = newPayment(payable);
      const request = authorization(payment, abilities.method);
      const lost = async (asked: ProviderRequest) => {
        opened.loseNextAnswer?.();
        await expect(send(asked)).rejects.toThrow();
      };
      await lost(request);
      const found = await find(request);
      if (found?.kind === "actionRequired") await opened.customerAgrees(found.reference);
      const reference = found && "reference" in found ? found.reference : undefined;
      if (reference === undefined) throw new Error("The authorisation is not found.");
      if (found?.kind === "actionRequired") await send(operation(payment, "confirm", reference));
      if (!abilities.takesAtOnce) {
        const capture = operation(payment, "capture", reference);
        await lost(capture);
        expect(await find(capture)).toEqual({ kind: "captured", heldMinor: 0 });
      }
      const refund = operation(payment, "refund", reference, payable.partMinor);
      expect(await find(refund)).toBeUndefined();
      await lost(refund);
      expect(await find(refund)).toEqual({ kind: "refunded" });
      expect(await chargeOf(reference)).toMatchObject({
        capturedMinor: payable.amountMinor,
        refundedMinor: payable.partMinor,
      });
    });

    for (const other of abilities.others) {
      test(`tells amounts in ${other.currency} exactly`, async () => {
        const { payment, reference } = await captured(other);
        expectKind(await send(operation(payment, "refund", reference, other.partMinor)), "refunded");
        expect(await chargeOf(reference)).toMatchObject({
          currency: other.currency,
          amountMinor: other.amountMinor,
          capturedMinor: other.amountMinor,
          refundedMinor: other.partMinor,
        });
      });
    }

    test("lists the charges of a period, if it lists any", async () => {
      if (!provider.charges) return;
      const { reference } = await captured();
      const now = Date.now();
      const listed = new Map<string, Charge>();
      const period = { from: new Date(now - 10 * MINUTE_MS), until: new Date(now + MINUTE_MS) };
      for await (const charge of provider.charges(period, NEVER)) listed.set(charge.reference, charge);
      expect(listed.get(reference)).toEqual(await chargeOf(reference));
      const before = { from: new Date(now - 20 * MINUTE_MS), until: new Date(now - 10 * MINUTE_MS) };
      for await (const charge of provider.charges(before, NEVER)) expect(charge.reference).not.toBe(reference);
    });
  });
}

interface Payment extends Payable {
  paymentId: string;
  orderId: string;
}

const newId = (prefix: string) => `${prefix}_${randomUUID().replaceAll("-", "")}`;

function newPayment(payable: Payable): Payment {
  return { ...payable, paymentId: newId("pay"), orderId: newId("ord") };
}

function common({ paymentId, orderId, currency }: Payment) {
  const operationId = newId("op");
  const since = new Date(Date.now() - MINUTE_MS);
  const until = new Date(Date.now() + MINUTE_MS);
  return { operationId, key: operationId, spentKeys: [], since, until, paymentId, orderId, currency };
}

function authorization(payment: Payment, method: ProviderMethod): RequestOf<"authorize"> {
  const { amountMinor } = payment;
  return { ...common(payment), amountMinor, kind: "authorize", customerId: newId("cust"), method };
}

function operation(
  payment: Payment,
  kind: Exclude<OperationKind, "authorize">,
  reference: string,
  amountMinor = payment.amountMinor,
): ProviderRequest {
  return { ...common(payment), amountMinor, kind, reference, reason: "a test" };
}

function expectKind<K extends Answer["kind"]>(answer: Answer, kind: K): Extract<Answer, { kind: K }> {
  expect(answer).toMatchObject({ kind });
  return answer as Extract<Answer, { kind: K }>;
}

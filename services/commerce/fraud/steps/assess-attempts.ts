import { createHmac } from "node:crypto";
import type { CallParams } from "#lib/contract/types.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import {
  type AssessedAttempt,
  type AttemptRow,
  type Counted,
  saveAssessments,
  storeAndCount,
} from "../attempts.store.ts";
import { addressText } from "../domain/address-text.ts";
import { ratioOf } from "../domain/amounts.ts";
import type { Facts } from "../domain/facts.ts";
import { accountAgeHours, isGuestId, isOwnMethod } from "../domain/identity.ts";
import type { Model } from "../domain/model.ts";
import { assess, type Thresholds } from "../domain/score.ts";
import { publicAddress } from "./client-address.ts";
import type { Places } from "./places.ts";

/** What scoring needs besides the attempt. */
export interface Scoring {
  places: Places;
  model: Model;
  thresholds: Thresholds;
  highAmounts: ReadonlyMap<string, number>;
  secret: Buffer;
  isDisposable(email: string): boolean;
}

type Sent = CallParams<"fraud.assess">;

/** An attempt to place an order. What an event does not say is absent, and gives no points. */
export type Attempt = Omit<Sent, "shippingAddress"> & { shippingAddress?: Sent["shippingAddress"] | undefined } & {
  shippingCountry?: string | undefined;
};

/**
 * Stores attempts, counts and scores, in one statement for any number.
 * @param durable whether the commit waits for the disk
 */
export async function scoreAttempts(
  db: Queryable,
  scoring: Scoring,
  attempts: readonly Attempt[],
  { durable = false, now = new Date() }: { durable?: boolean; now?: Date } = {},
): Promise<AssessedAttempt[]> {
  const keyed = attempts.map((attempt) => keysOf(attempt, scoring.secret));
  const counted = await storeAndCount(db, keyed, durable);
  return attempts.map((attempt, i) => {
    const counts = counted[i];
    if (counts?.orderId !== attempt.orderId) throw new Error("The counts are not those of the attempts.");
    const { orderId, customerId } = attempt;
    const assessment = assess(factsOf(attempt, counts, scoring, now), scoring.model, scoring.thresholds);
    return { orderId, customerId, ...assessment };
  });
}

/**
 * Stores the assessments of attempts that got points.
 * @param durable whether the commit waits for the disk. What an order is held or cancelled for always does
 */
export async function keepAssessments(
  db: Queryable,
  { model }: Scoring,
  assessed: readonly AssessedAttempt[],
  { durable = false }: { durable?: boolean } = {},
): Promise<void> {
  const withPoints = assessed.filter(({ reasons }) => reasons.length > 0);
  if (withPoints.length === 0) return;
  await saveAssessments(db, withPoints, { model: model.version, durable: durable || withPoints.some(mattersToOrder) });
}

/** Whether the order is held or cancelled because of it. */
export function mattersToOrder({ decision }: AssessedAttempt): boolean {
  return decision !== "accept";
}

function keysOf(
  { orderId, customerId, paymentMethodId, shippingAddress, address }: Attempt,
  secret: Buffer,
): AttemptRow {
  const client = publicAddress(address);
  return {
    orderId,
    customerId,
    methodKey: isOwnMethod(paymentMethodId) ? hash(secret, "method", paymentMethodId) : null,
    addressKey: shippingAddress ? hash(secret, "address", addressText(shippingAddress)) : null,
    clientKey: client === null ? null : hash(secret, "client", client),
  };
}

/** 64 bits that say whether two texts are the same, and nothing else to somebody without the secret. */
function hash(secret: Buffer, kind: string, text: string): string {
  return createHmac("sha256", secret).update(`${kind}:${text}`).digest().readBigInt64BE().toString();
}

function factsOf(attempt: Attempt, counts: Counted, scoring: Scoring, now: Date): Facts {
  const { customerId, items, totalAmount, currency, shippingAddress, shippingCountry, billingAddress, email } = attempt;
  const client = publicAddress(attempt.address);
  const shipping = shippingAddress?.country ?? shippingCountry ?? null;
  const piecesOf = Map.groupBy(items, ({ sku }) => sku);
  const pieces = [...piecesOf.values()].map((same) => same.reduce((sum, { quantity }) => sum + quantity, 0));
  return {
    customer: {
      isGuest: isGuestId(customerId),
      ageHours: accountAgeHours(customerId, now),
      paidOrders: counts.paidOrders,
      disputes: counts.disputes,
      disposableMail: counts.disposableMail || (email !== undefined && scoring.isDisposable(email)),
    },
    amountRatio: ratioOf(totalAmount, currency, scoring.highAmounts),
    pieces: Math.max(0, ...pieces),
    countries: {
      shipping,
      billing: billingAddress?.country ?? shipping,
      client: client === null ? null : scoring.places.countryOf(client),
    },
    network: client === null ? null : scoring.places.networkOf(client),
    velocity: {
      customer: { tenMinutes: counts.tenMinutes, hour: counts.hour, day: counts.day },
      declinedHour: counts.declined,
      methodCustomers: { hour: counts.methodHour, day: counts.methodDay },
      addressCustomers: { hour: counts.addressHour, day: counts.addressDay },
      clientCustomers: { hour: counts.clientHour, day: counts.clientDay },
    },
  };
}

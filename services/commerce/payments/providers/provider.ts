import type { Charge, Dispute } from "../domain/charge.ts";
import type { Method } from "../domain/method.ts";
import type { Answer, OperationKind } from "../domain/operation.ts";
import type { ProviderName } from "../domain/provider-names.ts";

interface CommonFields {
  operationId: string;
  /** Idempotency key: the same key never moves money twice. */
  key: string;
  /** Keys the operation had before this one. */
  spentKeys: readonly string[];
  /** By the database's clock: when the operation was stored, and when its key was found to be spent, or now. */
  since: Date;
  until: Date;
  paymentId: string;
  orderId: string;
  currency: string;
  amountMinor: number;
}

/** A method as the provider gets it: a saved one is replaced by the card's token and the provider's id of the customer. */
export type ProviderMethod =
  | Exclude<Method, { type: "saved" | "card" }>
  | { type: "card"; token: string; customerReference?: string };

/** What a provider is asked to do. `reference` is the provider's id of the charge, known from the authorisation. */
export type ProviderRequest = CommonFields &
  (
    | { kind: "authorize"; customerId: string; method: ProviderMethod }
    | { kind: Exclude<OperationKind, "authorize">; reference: string; reason: string | null }
  );

export type RequestOf<K extends OperationKind> = ProviderRequest & { kind: K };

/**
 * A payment provider. Each method either answers, or throws if the outcome of the request is unknown: an outage, a
 * time-out, an answer that was lost. A definite refusal is an answer (`declined`), not an error.
 */
export interface PaymentProvider {
  readonly name: ProviderName;
  authorize(request: RequestOf<"authorize">, signal: AbortSignal): Promise<Answer>;
  /** The customer, or a notification of the provider, says that the customer has done what was asked for. */
  confirm(request: RequestOf<"confirm">, signal: AbortSignal): Promise<Answer>;
  /** Takes `amountMinor` of what is held. A provider that takes the money with the authorisation has nothing to do. */
  capture(request: RequestOf<"capture">, signal: AbortSignal): Promise<Answer>;
  /** Releases what is held. A provider that took the money with the authorisation gives it back. */
  void(request: RequestOf<"void">, signal: AbortSignal): Promise<Answer>;
  refund(request: RequestOf<"refund">, signal: AbortSignal): Promise<Answer>;
  /**
   * The result of an operation, under any of its keys; undefined when the provider does not know the operation.
   * @param complete whether the look-up must miss nothing; otherwise it may miss what is less than some minutes old
   */
  find(request: ProviderRequest, signal: AbortSignal, complete: boolean): Promise<Answer | undefined>;
  /** What the provider says of a charge now; undefined when it does not know it. */
  charge(reference: string, signal: AbortSignal): Promise<Charge | undefined>;
  /** All charges made in a period. Absent when the provider has no such list. */
  charges?(period: { from: Date; until: Date }, signal: AbortSignal): AsyncIterable<Charge>;
  /** What it holds for the shop, by currency. Absent when the provider does not say. */
  balance?(signal: AbortSignal): Promise<Held[]>;
  /** What it has kept for its service and paid out in a period. Absent when the provider has no such list. */
  movements?(period: { from: Date; until: Date }, signal: AbortSignal): AsyncIterable<Movement>;
  notifications?: Notifications;
  savedMethods?: SavedMethods;
  disputes?: Disputes;
  /** Closes its connections, when it has some. */
  close?(): Promise<void>;
}

/** Money that a provider holds for the shop; below zero when the shop owes it. */
export interface Held {
  currency: string;
  amountMinor: number;
}

/** Money that a provider has taken away from what it holds for the shop, other than for a customer. */
export interface Movement {
  kind: "fee" | "payout";
  /** The provider's id, the same whenever it is listed. */
  movementId: string;
  currency: string;
  amountMinor: number;
  /** What a fee is for, as far as the provider knows it. */
  paymentId?: string;
  orderId?: string;
}

/** A notification as it arrived. Nothing in it is trusted before its signature is checked. */
export interface ReceivedNotification {
  /** The body's text as it was sent; empty for a GET. */
  body: string;
  query: Readonly<Record<string, string>>;
  /** By lower-case name: those that the contract declares. */
  headers: Readonly<Record<string, string | undefined>>;
}

/** What a genuine notification is about. What it says is not used: the provider is asked for the state as it is now. */
export interface Notification {
  /** The same for each delivery of the same event. */
  eventId: string;
  /** The provider's word, for the log, such as `charge.refunded`. */
  type: string;
  about: { kind: "charge" | "dispute" | "setup"; reference: string } | { kind: "nothing" };
}

export interface Notifications {
  /**
   * Checks the signature and the age of a notification, without asking anybody where the provider's rules allow that.
   * @param now by which the age is judged
   * @throws DomainError INVALID_SIGNATURE when it is not genuine or too old, VALIDATION_FAILED when it is not readable
   */
  read(received: ReceivedNotification, now: Date): Notification | Promise<Notification>;
  /** The body of the answer that the provider expects once the notification is stored; `{ received: true }` otherwise. */
  reply?: Readonly<Record<string, unknown>>;
}

/** Methods that customers save, and the provider keeps. */
export interface SavedMethods {
  /** Begins to save a method. The customer's browser finishes it with the client secret, without the shop. */
  setUp(request: SetupRequest, signal: AbortSignal): Promise<StartedSetup>;
  /** What a setup has led to; undefined while the customer has not finished it. */
  result(setupReference: string, signal: AbortSignal): Promise<SavedCard | undefined>;
  /** The provider forgets the method. Forgetting it again does nothing. */
  forget(token: string, signal: AbortSignal): Promise<void>;
}

export interface SetupRequest {
  /** Our id of the setup, which is its idempotency key. */
  setupId: string;
  customerId: string;
  /** The provider's id of the customer; undefined when it has none yet. */
  customerReference: string | undefined;
}

export interface StartedSetup {
  reference: string;
  clientSecret: string;
  customerReference: string;
}

export interface SavedCard {
  token: string;
  customerReference: string;
  brand: string;
  last4: string;
  expiresMonth: number;
  expiresYear: number;
}

export interface Disputes {
  /** undefined when the provider does not know it. */
  get(reference: string, signal: AbortSignal): Promise<Dispute | undefined>;
  /** Sends the shop's evidence. `key`: the same key never sends it twice. */
  submitEvidence(reference: string, evidence: Evidence, key: string, signal: AbortSignal): Promise<Dispute>;
}

export interface Evidence {
  explanation: string;
  trackingNumber?: string;
  customerEmail?: string;
}

/** The provider has stored a failure under a key and repeats it: no request with this key will have an effect any more. */
export class SpentKey extends Error {
  constructor(failure: string) {
    super(`The provider repeats a failure: ${failure}`);
    this.name = "SpentKey";
  }
}

/** The provider was not asked, because it has failed too often just now, or has too many requests of this node. */
export class NotAsked extends Error {
  constructor(provider: string, why: string) {
    super(`${provider} was not asked: ${why}`);
    this.name = "NotAsked";
  }
}

/** Calls the method for the kind of the request. */
export function sendRequest(provider: PaymentProvider, request: ProviderRequest, signal: AbortSignal): Promise<Answer> {
  switch (request.kind) {
    case "authorize":
      return provider.authorize(request, signal);
    case "confirm":
      return provider.confirm(request as RequestOf<"confirm">, signal);
    case "capture":
      return provider.capture(request as RequestOf<"capture">, signal);
    case "void":
      return provider.void(request as RequestOf<"void">, signal);
    case "refund":
      return provider.refund(request as RequestOf<"refund">, signal);
    default:
      return request satisfies never;
  }
}

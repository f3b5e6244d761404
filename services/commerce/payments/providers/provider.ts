import type { Answer, OperationKind } from "../domain/operation.ts";

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

/** What a provider is asked to do. `reference` is the provider's id of the charge, known from the authorisation. */
export type ProviderRequest = CommonFields &
  (
    | { kind: "authorize"; customerId: string; methodId: string }
    | { kind: Exclude<OperationKind, "authorize">; reference: string; reason: string | null }
  );

export type RequestOf<K extends OperationKind> = ProviderRequest & { kind: K };

/**
 * A payment provider. Each method either answers, or throws if the outcome of the request is unknown: an outage, a
 * time-out, an answer that was lost. A definite refusal is an answer (`declined`), not an error.
 */
export interface PaymentProvider {
  /** Shown in the log. */
  readonly name: string;
  authorize(request: RequestOf<"authorize">, signal: AbortSignal): Promise<Answer>;
  /** The customer says that they have done what the provider asked for. */
  confirm(request: RequestOf<"confirm">, signal: AbortSignal): Promise<Answer>;
  /** Takes `amountMinor` of what is held. */
  capture(request: RequestOf<"capture">, signal: AbortSignal): Promise<Answer>;
  /** Releases what is held. */
  void(request: RequestOf<"void">, signal: AbortSignal): Promise<Answer>;
  refund(request: RequestOf<"refund">, signal: AbortSignal): Promise<Answer>;
  /**
   * The result of an operation, under any of its keys; undefined when the provider does not know the operation.
   * @param complete whether the look-up must miss nothing; otherwise it may miss what is less than some minutes old
   */
  find(request: ProviderRequest, signal: AbortSignal, complete: boolean): Promise<Answer | undefined>;
  /** Closes its connections, when it has some. */
  close?(): Promise<void>;
}

/** The provider has stored a failure under a key and repeats it: no request with this key will have an effect any more. */
export class SpentKey extends Error {
  constructor(failure: string) {
    super(`The provider repeats a failure: ${failure}`);
    this.name = "SpentKey";
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

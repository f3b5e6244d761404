import type { Answer, OperationKind } from "../domain/operation.ts";

interface Always {
  operationId: string;
  /** The same key never moves money twice. */
  key: string;
  /** Keys the operation had before this one. */
  spentKeys: readonly string[];
  /** By the database's clock: when the operation was written down, and when its key was seen to be spent, or now. */
  since: Date;
  until: Date;
  paymentId: string;
  orderId: string;
  currency: string;
  amountMinor: number;
}

/** What a provider is asked to do. `reference` is its own name for the charge, known from the authorisation. */
export type ProviderRequest = Always &
  (
    | { kind: "authorize"; customerId: string; methodId: string }
    | { kind: Exclude<OperationKind, "authorize">; reference: string; reason: string | null }
  );

export type RequestOf<K extends OperationKind> = ProviderRequest & { kind: K };

/**
 * Somebody who moves money. Each method either answers, or throws when it cannot know what became of the request: an
 * outage, a time-out, an answer that was lost. A definite no is an answer (`declined`), not an error.
 */
export interface PaymentProvider {
  /** Shown in the log. */
  readonly name: string;
  authorize(request: RequestOf<"authorize">, signal: AbortSignal): Promise<Answer>;
  /** The customer has done what was asked of them, or says so. */
  confirm(request: RequestOf<"confirm">, signal: AbortSignal): Promise<Answer>;
  /** Takes `amountMinor` of what is held. */
  capture(request: RequestOf<"capture">, signal: AbortSignal): Promise<Answer>;
  /** Releases what is held. */
  void(request: RequestOf<"void">, signal: AbortSignal): Promise<Answer>;
  refund(request: RequestOf<"refund">, signal: AbortSignal): Promise<Answer>;
  /**
   * What became of an operation, under whichever of its keys; undefined when the provider knows nothing of it.
   * @param certain that nothing may be missed; else what is a minute old may
   */
  find(request: ProviderRequest, signal: AbortSignal, certain: boolean): Promise<Answer | undefined>;
}

/** The provider keeps a failure under a key and repeats it: nothing will be done under that key any more. */
export class SpentKey extends Error {
  constructor(failure: string) {
    super(`The provider repeats a failure: ${failure}`);
    this.name = "SpentKey";
  }
}

/** Calls the method a request is for. */
export function tell(provider: PaymentProvider, request: ProviderRequest, signal: AbortSignal): Promise<Answer> {
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

import type { Queryable } from "../../../../mixins/transaction.ts";
import type { Answer } from "../domain/operation.ts";
import { MicroBatch } from "./micro-batch.ts";
import type { PaymentProvider, ProviderRequest, RequestOf } from "./provider.ts";
import { authorizeAll, chargeOf, keptAnswers, type Move, moveAll } from "./test-provider.store.ts";

const AUTHORIZATION_DAYS = 7;
const DAY_MS = 86_400_000;

/**
 * What goes wrong with one call: it fails before anything was done, it never answers, the answer to something done is
 * lost, or something done never answers.
 */
export type Fault = "fail" | "hang" | "loseAnswer" | "doAndHang";

/**
 * Stands for a real provider where none is configured. It keeps what it did in tables of its own, in transactions of
 * its own, so that everything that goes wrong between two parties can go wrong here as well.
 */
export class TestProvider implements PaymentProvider {
  readonly name = "test provider";
  readonly #db: Queryable;
  readonly #now: () => Date;
  readonly #fault: (call: { what: ProviderRequest["kind"] | "find"; request: ProviderRequest }) => Fault | undefined;
  readonly #charges: MicroBatch<RequestOf<"authorize">, Answer>;
  readonly #moves: MicroBatch<Move, Answer>;

  constructor(options: {
    db: Queryable;
    now?: () => Date;
    /** For tests: asked at every call whether it is to go wrong. */
    fault?: (call: { what: ProviderRequest["kind"] | "find"; request: ProviderRequest }) => Fault | undefined;
  }) {
    this.#db = options.db;
    this.#now = options.now ?? (() => new Date());
    this.#fault = options.fault ?? (() => undefined);
    this.#charges = new MicroBatch<RequestOf<"authorize">, Answer>(chargeOf, (requests) =>
      authorizeAll(this.#db, requests, this.#expiry()),
    );
    this.#moves = new MicroBatch<Move, Answer>(chargeOf, (requests) => moveAll(this.#db, requests, this.#expiry()));
  }

  authorize(request: RequestOf<"authorize">, signal: AbortSignal): Promise<Answer> {
    return this.#call(request.kind, request, signal, () => this.#charges.ask(request));
  }

  confirm(request: RequestOf<"confirm">, signal: AbortSignal): Promise<Answer> {
    return this.#call(request.kind, request, signal, () => this.#moves.ask(request));
  }

  capture(request: RequestOf<"capture">, signal: AbortSignal): Promise<Answer> {
    return this.#call(request.kind, request, signal, () => this.#moves.ask(request));
  }

  void(request: RequestOf<"void">, signal: AbortSignal): Promise<Answer> {
    return this.#call(request.kind, request, signal, () => this.#moves.ask(request));
  }

  refund(request: RequestOf<"refund">, signal: AbortSignal): Promise<Answer> {
    return this.#call(request.kind, request, signal, () => this.#moves.ask(request));
  }

  find(request: ProviderRequest, signal: AbortSignal): Promise<Answer | undefined> {
    return this.#call("find", request, signal, async () =>
      (await keptAnswers(this.#db, [request.key])).get(request.key),
    );
  }

  async #call<A>(
    what: ProviderRequest["kind"] | "find",
    request: ProviderRequest,
    signal: AbortSignal,
    act: () => Promise<A>,
  ): Promise<A> {
    const fault = this.#fault({ what, request });
    if (fault === "fail") throw new Error("The test provider is down.");
    if (fault === "hang") return silence(signal);
    const answer = await act();
    if (fault === "loseAnswer") throw new Error("The connection to the test provider broke.");
    if (fault === "doAndHang") return silence(signal);
    return answer;
  }

  #expiry(): string {
    return new Date(this.#now().getTime() + AUTHORIZATION_DAYS * DAY_MS).toISOString();
  }
}

function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
  );
}

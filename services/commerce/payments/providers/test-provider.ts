import type { Charge } from "../domain/charge.ts";
import type { Answer } from "../domain/operation.ts";
import { MicroBatch } from "./micro-batch.ts";
import {
  type Disputes,
  type Held,
  type Movement,
  type PaymentProvider,
  type ProviderRequest,
  type RequestOf,
  type SavedMethods,
  SpentKey,
} from "./provider.ts";
import {
  authorizeAll,
  chargeOf,
  type Move,
  moveAll,
  type Reply,
  storedReplies,
  storeFailure,
} from "./test-provider.store.ts";
import type { Books } from "./test-provider-books.ts";
import { readCharge, readCharges } from "./test-provider-charges.ts";
import { testDisputes } from "./test-provider-disputes.ts";
import { readHeld, readMovements } from "./test-provider-movements.ts";
import { testNotifications } from "./test-provider-notifications.ts";
import { testSavedMethods } from "./test-provider-saved.ts";

const AUTHORIZATION_DAYS = 7;
const DAY_MS = 86_400_000;

/**
 * How one call goes wrong:
 * - `fail`, `hang`: nothing is done, and the call fails or never answers;
 * - `loseAnswer`, `doAndHang`: everything is done, and the answer is lost or never comes;
 * - `keepFailure`, `doAndKeepFailure`: the call fails and the failure is stored under its key, with nothing or everything
 *   done.
 */
export type Fault = "fail" | "hang" | "loseAnswer" | "doAndHang" | "keepFailure" | "doAndKeepFailure";

/** One call of the provider. */
export interface Call {
  what: ProviderRequest["kind"] | "find";
  request: ProviderRequest;
}

type Faults = (call: Call) => Fault | undefined | Promise<Fault | undefined>;

/**
 * Stands in for a real provider if none is configured. It stores its charges in books of its own, so that everything that
 * can go wrong between two parties can go wrong here as well.
 */
export class TestProvider implements PaymentProvider {
  readonly name = "test";
  readonly notifications = testNotifications;
  readonly savedMethods: SavedMethods;
  readonly disputes: Disputes;
  readonly #books: Books;
  readonly #now: () => Date;
  readonly #fault: Faults;
  readonly #charges: MicroBatch<RequestOf<"authorize">, Reply>;
  readonly #moves: MicroBatch<Move, Reply>;

  constructor(options: {
    books: Books;
    now?: () => Date;
    /** Decides for every call whether it goes wrong. */
    fault?: Faults | undefined;
  }) {
    this.#books = options.books;
    this.savedMethods = testSavedMethods(options.books);
    this.disputes = testDisputes(options.books);
    this.#now = options.now ?? (() => new Date());
    this.#fault = options.fault ?? (() => undefined);
    this.#charges = new MicroBatch<RequestOf<"authorize">, Reply>(chargeOf, (requests) =>
      authorizeAll(this.#books, requests, this.#expiry()),
    );
    this.#moves = new MicroBatch<Move, Reply>(chargeOf, (requests) => moveAll(this.#books, requests, this.#expiry()));
  }

  authorize(request: RequestOf<"authorize">, signal: AbortSignal): Promise<Answer> {
    return this.#send(request, signal, () => this.#charges.ask(request));
  }

  confirm(request: RequestOf<"confirm">, signal: AbortSignal): Promise<Answer> {
    return this.#send(request, signal, () => this.#moves.ask(request));
  }

  capture(request: RequestOf<"capture">, signal: AbortSignal): Promise<Answer> {
    return this.#send(request, signal, () => this.#moves.ask(request));
  }

  void(request: RequestOf<"void">, signal: AbortSignal): Promise<Answer> {
    return this.#send(request, signal, () => this.#moves.ask(request));
  }

  refund(request: RequestOf<"refund">, signal: AbortSignal): Promise<Answer> {
    return this.#send(request, signal, () => this.#moves.ask(request));
  }

  find(request: ProviderRequest, signal: AbortSignal): Promise<Answer | undefined> {
    return this.#call("find", request, signal, async () => {
      const replies = await storedReplies(this.#books, [...request.spentKeys, request.key]);
      return [...replies.values()].find(({ answer }) => answer)?.answer ?? undefined;
    });
  }

  charge(reference: string): Promise<Charge | undefined> {
    return readCharge(this.#books, reference);
  }

  charges(period: { from: Date; until: Date }): AsyncIterable<Charge> {
    return readCharges(this.#books, period);
  }

  balance(): Promise<Held[]> {
    return readHeld(this.#books);
  }

  movements(period: { from: Date; until: Date }): AsyncIterable<Movement> {
    return readMovements(this.#books, period);
  }

  close(): Promise<void> {
    return this.#books.close();
  }

  #send(request: ProviderRequest, signal: AbortSignal, act: () => Promise<Reply>): Promise<Answer> {
    return this.#call(request.kind, request, signal, async () => {
      const { answer, failed } = await act();
      if (failed || !answer) throw new SpentKey("Something is wrong.");
      return answer;
    });
  }

  async #call<A>(what: Call["what"], request: ProviderRequest, signal: AbortSignal, act: () => Promise<A>): Promise<A> {
    const fault = await this.#fault({ what, request });
    if (fault === "keepFailure") await storeFailure(this.#books, request);
    if (fault === "fail" || fault === "keepFailure") throw new Error("The test provider is down.");
    if (fault === "hang") return neverAnswer(signal);
    const answer = await act();
    if (fault === "doAndKeepFailure") await storeFailure(this.#books, request);
    if (fault === "loseAnswer" || fault === "doAndKeepFailure") {
      throw new Error("The connection to the test provider broke.");
    }
    if (fault === "doAndHang") return neverAnswer(signal);
    return answer;
  }

  #expiry(): string {
    return new Date(this.#now().getTime() + AUTHORIZATION_DAYS * DAY_MS).toISOString();
  }
}

function neverAnswer(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
  );
}

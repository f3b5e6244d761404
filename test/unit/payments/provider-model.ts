import type { Answer, OperationKind } from "#services/commerce/payments/domain/operation.ts";

export const METHODS = ["visa", "declined", "needsAction", "needsActionToo"] as const;
export type Method = (typeof METHODS)[number];

/** One authorisation at the provider. */
interface Charge {
  orderId: string;
  amountMinor: number;
  waiting: boolean;
  held: number;
  captured: number;
  refunded: number;
  everHeld: boolean;
}

export interface Request {
  operationId: string;
  key: string;
  kind: OperationKind;
  orderId: string;
  method: Method;
  reference: string;
  amountMinor: number;
}

const SEARCHABLE = 3; // turns until a quick look-up finds an effect
export const SETTLING = 30; // turns in which a failed request may still have an effect

/** The reply to a key with a stored failure. */
export type Failure = "spent";

/** A model of a provider: a repeated key gets the same answer and has no second effect. */
export class Provider {
  readonly charges = new Map<string, Charge>();
  readonly #answers = new Map<string, Answer>();
  readonly #failures = new Set<string>();
  /** The effect of each operation and its time, independent of the answer. */
  readonly #done = new Map<string, { answer: Answer; at: number }>();
  #working: { request: Request; until: number }[] = [];
  #now = 0;
  /** How many of the next captures, voids and refunds are refused. */
  refusals = 0;

  perform(request: Request): Answer | Failure {
    if (this.#failures.has(request.key)) return "spent";
    return this.#answers.get(request.key) ?? this.#do(request);
  }

  /** Fails and stores the failure, with nothing done, with everything done, or with the effect still to come. */
  failForGood(request: Request, done: "nothing" | "all" | "later"): void {
    if (this.#failures.has(request.key) || this.#answers.has(request.key)) return;
    if (done === "all") this.#do(request);
    if (done === "later") this.#working.push({ request, until: this.#now + SETTLING });
    this.#failures.add(request.key);
  }

  find(operationId: string, complete: boolean): Answer | undefined {
    const known = this.#done.get(operationId);
    return known && (complete || this.#now - known.at >= SEARCHABLE) ? known.answer : undefined;
  }

  /** The customer of a charge that waits agrees at their bank, which holds the money at once. */
  customerActs(pick: number): void {
    const waiting = [...this.charges.values()].filter((charge) => charge.waiting);
    const charge = waiting[pick % Math.max(1, waiting.length)];
    if (charge) Object.assign(charge, { waiting: false, held: charge.amountMinor });
  }

  /** Time passes, and delayed effects happen. */
  turn(turns = 1): void {
    this.#now += turns;
    const ended = this.#working.filter(({ until }) => until <= this.#now);
    this.#working = this.#working.filter(({ until }) => until > this.#now);
    for (const { request } of ended) this.#do(request);
  }

  #do(request: Request): Answer {
    const answer = request.kind === "authorize" ? this.#authorize(request) : this.#move(request);
    this.#answers.set(request.key, answer);
    this.#done.set(request.operationId, { answer, at: this.#now });
    return answer;
  }

  #authorize({ key, orderId, method, amountMinor }: Request): Answer {
    const reference = `charge of ${key}`;
    if (method === "declined") return declined("card_declined");
    const waiting = method === "needsAction" || method === "needsActionToo";
    const held = waiting ? 0 : amountMinor;
    this.charges.set(reference, { orderId, amountMinor, waiting, held, captured: 0, refunded: 0, everHeld: !waiting });
    return waiting
      ? { kind: "actionRequired", reference, last4: null, action: { type: "redirect", url: "https://bank.invalid" } }
      : { kind: "authorized", reference, last4: "4242", expiresAt: "2030-01-01T00:00:00.000Z" };
  }

  #move({ kind, reference, amountMinor }: Request): Answer {
    const charge = this.charges.get(reference);
    if (!charge) throw new Error(`The provider knows no ${reference}.`);
    if (this.refusals > 0 && kind !== "confirm") {
      this.refusals -= 1;
      return declined("try_again_later");
    }
    switch (kind) {
      case "confirm":
        if (!charge.waiting && charge.held === 0) return declined("charge_state");
        Object.assign(charge, { waiting: false, held: amountMinor, everHeld: true });
        return { kind: "authorized", reference, last4: "3184", expiresAt: "2030-01-01T00:00:00.000Z" };
      case "capture":
        if (charge.held < amountMinor) throw new Error("More is captured than is held.");
        charge.held -= amountMinor;
        charge.captured += amountMinor;
        return { kind: "captured", heldMinor: charge.held };
      case "void":
        Object.assign(charge, { waiting: false, held: 0 });
        return { kind: "voided" };
      case "refund":
        if (charge.captured - charge.refunded < amountMinor) throw new Error("More is refunded than was captured.");
        charge.refunded += amountMinor;
        return { kind: "refunded" };
      default:
        throw new Error(`A ${kind} moves nothing.`);
    }
  }
}

function declined(code: string): Answer {
  return { kind: "declined", decline: { code, message: code } };
}

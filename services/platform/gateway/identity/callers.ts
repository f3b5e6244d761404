import type { Auth } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Call } from "#lib/contract/types.ts";
import { gatewayLimits } from "../domain/limits.ts";
import { StateCache } from "./state-cache.ts";

/** Whom a verified token names. */
export interface TokenSubject {
  kind: "customer" | "staff";
  subjectId: string;
  /** The session that the token belongs to. */
  sid: string;
}

const CALL = { timeoutMs: gatewayLimits.STATE_CALL_MS };

/**
 * Who may act with a token now. A token is valid for minutes, but its session may have ended since, and the rights of staff
 * may have changed. Both are known from the services that own them, at most `STATE_MAX_AGE_MS` old, and a signal of these
 * services replaces what is known at once.
 *
 * When they do not answer, customers may go on until their tokens expire, because the shop keeps selling. Staff may not:
 * rights that cannot be checked are no rights.
 */
export class Callers {
  /** Subjects by the sid of their session. A session that has ended has none. */
  readonly #sessions: StateCache<string>;
  /** Scopes by the id of the member of staff. A closed account has none. */
  readonly #rights: StateCache<readonly string[]>;

  constructor(call: Call, log: { warn(message: string, facts: object): void }) {
    this.#sessions = new StateCache("The state of sessions", log, async (keys) => {
      const { sessions } = await call("auth.activeSessions", { sids: [...keys] }, CALL);
      return new Map(sessions.map(({ sid, subjectId }) => [sid, subjectId]));
    });
    this.#rights = new StateCache("The rights of staff", log, async (keys) => {
      const { staff } = await call("users.rightsOf", { staffIds: [...keys] }, CALL);
      return new Map(staff.map(({ staffId, scopes }) => [staffId, scopes]));
    });
  }

  /** @throws DomainError UNAUTHENTICATED when the session has ended; SERVICE_UNAVAILABLE when rights cannot be checked */
  callerOf(subject: TokenSubject): Auth | Promise<Auth> {
    if (subject.kind === "staff") return this.#staff(subject);
    // What is known needs no promise: this is the path of nearly all requests.
    const isKnown = this.#sessions.known(subject.sid)?.state === subject.subjectId;
    return isKnown ? customer(subject) : this.#customer(subject);
  }

  sessionsEnded(sids: readonly string[]): void {
    for (const sid of sids) this.#sessions.settle(sid, undefined);
  }

  rightsChanged(staffId: string): void {
    this.#rights.drop(staffId);
  }

  async #customer(subject: TokenSubject): Promise<Auth> {
    if (!(await this.#isActive(subject).catch(() => true))) throw sessionEnded();
    return customer(subject);
  }

  async #staff(subject: TokenSubject): Promise<Auth> {
    const { subjectId } = subject;
    const [isActive, scopes] = await Promise.all([this.#isActive(subject), this.#rights.get(subjectId)]).catch(() => {
      throw new DomainError("SERVICE_UNAVAILABLE", "Your rights cannot be checked at the moment; please try again.");
    });
    if (!isActive || !scopes) throw sessionEnded();
    return { kind: "staff", staffId: subjectId, scopes };
  }

  /**
   * Whether the session has not ended and is the subject's own: a signature alone does not make somebody's session, so the
   * key is not enough to act for anybody. A session that has ended stays ended, also when this cannot be asked again.
   */
  async #isActive({ sid, subjectId }: TokenSubject): Promise<boolean> {
    const owner = await this.#sessions.get(sid);
    if (owner === undefined) this.#sessions.settle(sid, undefined);
    return owner === subjectId;
  }
}

function customer({ subjectId }: TokenSubject): Auth {
  return { kind: "customer", customerId: subjectId };
}

function sessionEnded(): DomainError {
  return new DomainError("UNAUTHENTICATED", "The session has ended: please log in again.");
}

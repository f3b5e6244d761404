import { addressKey } from "#lib/client-address.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import type { Identity } from "../auth.store.ts";
import { type Counters, judgeLogin, judgeRegistration, type LoginCounter, type Verdict } from "../domain/throttle.ts";
import type { AuthDeps } from "../setup.ts";
import { countAttempt, deleteCounter, giveBack, previewAttempt, rememberAddress } from "../throttle.store.ts";

type Context = ActionContext<AuthDeps>;

/** Who tries to log in, whether there is such an account or not. */
export interface Login {
  kind: Identity["kind"];
  email: string;
  /** Whether the account has logged in from this address lately. */
  knownAddress: boolean;
}

/** The name of an account in counters and logs. */
function accountHash({ deps }: Context, { kind, email }: Login): string {
  return deps.keyedHash(`account ${kind} ${email}`);
}

/** The name of the caller's address in tables. */
export function addressHash({ deps, address }: Context): string {
  return deps.keyedHash(`address ${addressKey(address)}`);
}

function keysOf(ctx: Context, login: Login) {
  const account = accountHash(ctx, login);
  const address = addressHash(ctx);
  return {
    pair: `pair ${account} ${address}`,
    // Counted apart, so that who guesses the passwords of strangers does not delay those who always log in here.
    address: `address ${login.knownAddress ? "known" : "new"} ${address}`,
    account: `account ${account}`,
  };
}

/**
 * Runs work that verifies the password of a login: of each account and of each address `HASHES_AT_ONCE` at a time. So the
 * passwords of one address do not keep those of others waiting, and of many right logins at once none is refused because
 * the others are still counted. A login that has to wait anyway is refused before its turn.
 * @throws DomainError RATE_LIMITED; SERVICE_UNAVAILABLE after `HASHING_WAIT_MS`
 */
export async function inLoginTurn<T>(ctx: Context, login: Login, work: () => Promise<T>): Promise<T> {
  if (ctx.env.RATE_LIMIT === "off") return work();
  const { account, ...keys } = keysOf(ctx, login);
  refuseTooMany(ctx, login, await previewAttempt(ctx.db, { account, ...keys }, judgeOf(login)));
  return inTurn(ctx, () => ctx.deps.hashing.run(account, work));
}

/** Runs work that hashes a password: of each address `HASHES_AT_ONCE` at a time. */
function inTurn<T>(ctx: Context, work: () => Promise<T>): Promise<T> {
  return ctx.deps.hashing.run(addressKey(ctx.address), work);
}

/**
 * Counts a login as failed before its password is verified, so that many at the same moment are counted, too.
 *
 * The counters are in this service's database: all nodes share it in every installation, and a login needs it anyway. With
 * counters in Redis, attackers would have more attempts while Redis is down and after it has lost its data.
 * @returns what to call if the password was right: it takes the failure back and remembers the address
 * @throws DomainError RATE_LIMITED
 */
export async function countLogin(ctx: Context, login: Login): Promise<(subjectId: string) => Promise<void>> {
  if (ctx.env.RATE_LIMIT === "off") return async () => {};
  const keys = keysOf(ctx, login);
  const verdict = await countAttempt(ctx.db, ctx.cause, keys, judgeOf(login));
  refuseTooMany(ctx, login, verdict);
  const { before, after } = verdict;
  return async (subjectId) => {
    await deleteCounter(ctx.db, keys.pair); // whoever knows the password has only mistyped it before
    for (const name of ["address", "account"] as const)
      if (after) await giveBack(ctx.db, keys[name], before[name], after[name]);
    await rememberAddress(ctx.db, subjectId, addressHash(ctx));
  };
}

function judgeOf({ knownAddress }: Login) {
  return (counters: Counters<LoginCounter>, now: number) => judgeLogin(counters, knownAddress, now);
}

function refuseTooMany(ctx: Context, login: Login, { retryAfterMs }: Verdict<LoginCounter>): void {
  if (retryAfterMs === 0) return;
  const account = accountHash(ctx, login);
  ctx.deps.loginLog.warn("A login was refused: too many have failed.", { account, address: ctx.address });
  throw tooMany("Too many failed logins: please wait.", retryAfterMs);
}

export function logFailure(ctx: Context, login: Login): void {
  ctx.deps.loginLog.info("A login failed.", { account: accountHash(ctx, login), address: ctx.address });
}

/**
 * Hashes the password of a registration, which counts. Staff and services register as many as they like.
 * @throws DomainError RATE_LIMITED; SERVICE_UNAVAILABLE after `HASHING_WAIT_MS`
 */
export async function hashForRegistration(ctx: Context, password: string): Promise<string> {
  const { env, auth } = ctx;
  if (env.RATE_LIMIT === "off" || auth.kind === "staff" || auth.kind === "service")
    return ctx.deps.passwords.make(password);
  const keys = { address: `registrations ${addressHash(ctx)}` };
  const refuse = ({ retryAfterMs }: Verdict<"address">) => {
    if (retryAfterMs > 0) throw tooMany("Too many registrations from this address: please wait.", retryAfterMs);
  };
  refuse(await previewAttempt(ctx.db, keys, judgeRegistration));
  return inTurn(ctx, async () => {
    refuse(await countAttempt(ctx.db, ctx.cause, keys, judgeRegistration));
    return ctx.deps.passwords.make(password);
  });
}

function tooMany(sentence: string, retryAfterMs: number): DomainError {
  return new DomainError("RATE_LIMITED", sentence, { retryAfterSeconds: Math.ceil(retryAfterMs / 1_000) });
}

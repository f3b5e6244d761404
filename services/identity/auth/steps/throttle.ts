import { addressKey } from "#lib/client-address.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import type { Identity } from "../auth.store.ts";
import { judgeLogin, judgeRegistration } from "../domain/throttle.ts";
import type { AuthDeps } from "../setup.ts";
import { decideByCounters, deleteCounter, giveBack, rememberAddress } from "../throttle.store.ts";

type Context = ActionContext<AuthDeps>;

/** An email as it was typed in a login, whether there is such an account or not. */
export interface Account {
  kind: Identity["kind"];
  email: string;
}

/** The name of an account in counters and logs. */
export function accountHash({ deps }: Context, { kind, email }: Account): string {
  return deps.keyedHash(`account ${kind} ${email}`);
}

/** The name of the caller's address in tables. */
export function addressHash({ deps, address }: Context): string {
  return deps.keyedHash(`address ${addressKey(address)}`);
}

/**
 * Runs work that hashes a password: of each address `HASHES_AT_ONCE` at a time. So the passwords of one address do not
 * keep those of others waiting, and of many right logins at once none is refused because the others are still counted.
 * @throws DomainError SERVICE_UNAVAILABLE after `HASHING_WAIT_MS`
 */
export function inTurn<T>(ctx: Context, work: () => Promise<T>): Promise<T> {
  return ctx.env.RATE_LIMIT === "off" ? work() : ctx.deps.hashing.run(addressKey(ctx.address), work);
}

/**
 * Counts a login as failed before its password is verified, so that many at the same moment are counted, too.
 *
 * The counters are in this service's database: all nodes share it in every installation, and a login needs it anyway. With
 * counters in Redis, attackers would have more attempts while Redis is down and after it has lost its data.
 * @param knownAddress whether the account has logged in from this address lately
 * @returns what to call if the password was right: it takes the failure back and remembers the address
 * @throws DomainError RATE_LIMITED
 */
export async function countLogin(
  ctx: Context,
  login: Account,
  knownAddress: boolean,
): Promise<(subjectId: string) => Promise<void>> {
  if (ctx.env.RATE_LIMIT === "off") return async () => {};
  const account = accountHash(ctx, login);
  const address = addressHash(ctx);
  const keys = {
    pair: `pair ${account} ${address}`,
    // Counted apart, so that who guesses the passwords of strangers does not delay those who always log in here.
    address: `address ${knownAddress ? "known" : "new"} ${address}`,
    account: `account ${account}`,
  };
  const { before, after, retryAfterMs } = await decideByCounters(ctx.db, ctx.cause, keys, (counters, now) =>
    judgeLogin(counters, knownAddress, now),
  );
  if (retryAfterMs > 0 || !after) {
    ctx.deps.loginLog.warn("A login was refused: too many have failed.", { account, address: ctx.address });
    throw tooMany("Too many failed logins: please wait.", retryAfterMs);
  }
  return async (subjectId) => {
    await deleteCounter(ctx.db, keys.pair); // whoever knows the password has only mistyped it before
    for (const name of ["address", "account"] as const) await giveBack(ctx.db, keys[name], before[name], after[name]);
    await rememberAddress(ctx.db, subjectId, address);
  };
}

/**
 * Counts a registration before its password is hashed.
 * @throws DomainError RATE_LIMITED
 */
export async function countRegistration(ctx: Context): Promise<void> {
  if (ctx.env.RATE_LIMIT === "off") return;
  const keys = { address: `registrations ${addressHash(ctx)}` };
  const { retryAfterMs } = await decideByCounters(ctx.db, ctx.cause, keys, judgeRegistration);
  if (retryAfterMs > 0) throw tooMany("Too many registrations from this address: please wait.", retryAfterMs);
}

function tooMany(sentence: string, retryAfterMs: number): DomainError {
  return new DomainError("RATE_LIMITED", sentence, { retryAfterSeconds: Math.ceil(retryAfterMs / 1_000) });
}

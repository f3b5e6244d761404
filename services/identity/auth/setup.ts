import { randomUUID } from "node:crypto";
import { availableParallelism } from "node:os";
import { SampledLog } from "#lib/sampled-log.ts";
import { exitWith, StartupError } from "#lib/startup-error.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { authLimits } from "./domain/limits.ts";
import { hashesAtOnce } from "./domain/password.ts";
import { type KeyedHash, keyedHash } from "./steps/keyed-hash.ts";
import { PasswordHashes } from "./steps/passwords.ts";
import { type SigningKey, signingKey } from "./steps/signing-keys.ts";
import { Turns } from "./steps/turns.ts";

export interface AuthDeps {
  key: SigningKey;
  keyedHash: KeyedHash;
  /** About failed and refused logins. */
  loginLog: SampledLog;
  passwords: PasswordHashes;
  /** Turns of hashing passwords, by the address it is for. */
  hashing: Turns;
  /** Verified when there is no account, so that an unknown email takes as long as a wrong password. */
  decoyHash: string;
}

export async function setup(ctx: SetupContext): Promise<AuthDeps> {
  const key = await signingKey(ctx).catch((error: unknown) => {
    if (error instanceof StartupError) exitWith(error);
    throw error;
  });
  const passwords = new PasswordHashes(hashesAtOnce(availableParallelism(), ctx.env.UV_THREADPOOL_SIZE));
  return {
    key,
    keyedHash: await keyedHash(ctx.db),
    loginLog: new SampledLog(ctx.log, authLimits.LOGIN_LOG_LINES),
    passwords,
    hashing: new Turns(authLimits.HASHES_AT_ONCE, authLimits.HASHING_WAIT_MS),
    decoyHash: await passwords.make(randomUUID()),
  };
}

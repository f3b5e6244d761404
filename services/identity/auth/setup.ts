import { randomUUID } from "node:crypto";
import { exitWith, StartupError } from "#lib/startup-error.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { LoginFailures } from "./login-failures.ts";
import { hashPassword } from "./passwords.ts";
import { type SigningKey, signingKey } from "./signing-keys.ts";

export interface AuthDeps {
  key: SigningKey;
  failures: LoginFailures;
  /** Verified where there is no account, so that an unknown email takes as long as a wrong password. */
  decoyHash: string;
}

export async function setup(ctx: SetupContext): Promise<AuthDeps> {
  const key = await signingKey(ctx).catch((error: unknown) => {
    if (error instanceof StartupError) exitWith(error);
    throw error;
  });
  return { key, failures: new LoginFailures(ctx.env), decoyHash: await hashPassword(randomUUID()) };
}

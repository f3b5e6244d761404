import { randomUUID } from "node:crypto";
import { exitWith, StartupError } from "#lib/startup-error.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { LoginFailures } from "./steps/login-failures.ts";
import { hashPassword } from "./steps/passwords.ts";
import { type SigningKey, signingKey } from "./steps/signing-keys.ts";

export interface AuthDeps {
  key: SigningKey;
  failures: LoginFailures;
  /** Verified when there is no account, so that an unknown email takes as long as a wrong password. */
  decoyHash: string;
}

export async function setup(ctx: SetupContext): Promise<AuthDeps> {
  const key = await signingKey(ctx).catch((error: unknown) => {
    if (error instanceof StartupError) exitWith(error);
    throw error;
  });
  return { key, failures: new LoginFailures(ctx.env), decoyHash: await hashPassword(randomUUID()) };
}

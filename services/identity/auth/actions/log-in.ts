import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import { findActive, type Identity, openSession } from "../auth.store.ts";
import { bearerOf } from "../bearer.ts";
import type { auth } from "../contract.ts";
import { verifyPassword } from "../passwords.ts";
import type { AuthDeps } from "../setup.ts";
import { hashSecret, newSecret, tokens } from "../tokens.ts";

type Login = Handler<typeof auth.actions.login, AuthDeps>;

export const logIn: Login = (ctx, { email, password }) => logInAs("customer", ctx, email.toLowerCase(), password);

export const staffLogIn: Login = (ctx, { email, password }) => logInAs("staff", ctx, email.toLowerCase(), password);

/**
 * Failures are asked for twice: before the password is looked at, and again when it was right. Guesses sent all at once
 * pass the first question together, but a right one that finishes after too many wrong ones is refused by the second.
 */
async function logInAs(
  kind: Identity["kind"],
  ctx: ActionContext<AuthDeps>,
  email: string,
  password: string,
): ReturnType<Login> {
  const { failures, decoyHash, key } = ctx.deps;
  const account = `${kind}:${email}`;
  await failures.refuseTooMany(account, ctx.address);
  const credential = await findActive(ctx.db, kind, email);
  const matches = await verifyPassword(credential?.passwordHash ?? decoyHash, password);
  const bearer = credential && matches ? await bearerOf(ctx, { kind, subjectId: credential.subjectId }) : undefined;
  if (!bearer) {
    await failures.count(account, ctx.address);
    throw new DomainError("INVALID_CREDENTIALS");
  }
  await failures.refuseTooMany(account, ctx.address);
  const refresh = { sessionId: newId("session"), secret: newSecret() };
  const now = await openSession(ctx.db, refresh.sessionId, bearer, hashSecret(refresh.secret));
  return tokens(key, now, bearer, refresh);
}

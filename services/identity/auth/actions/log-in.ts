import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import { findActiveCredential, type Identity, insertSession } from "../auth.store.ts";
import type { auth } from "../contract.ts";
import type { AuthDeps } from "../setup.ts";
import { bearerOf } from "../steps/bearer.ts";
import { verifyPassword } from "../steps/passwords.ts";
import { hashSecret, newSecret, newTokens } from "../steps/tokens.ts";

type Login = Handler<typeof auth.actions.login, AuthDeps>;

export const logIn: Login = (ctx, { email, password }) => logInAs("customer", ctx, email.toLowerCase(), password);

export const staffLogIn: Login = (ctx, { email, password }) => logInAs("staff", ctx, email.toLowerCase(), password);

/**
 * Failures are checked twice: before the password is verified, and again after it was right. Guesses that are sent at
 * the same moment all pass the first check, but the second refuses a right one that ends after too many wrong ones.
 */
async function logInAs(
  kind: Identity["kind"],
  ctx: ActionContext<AuthDeps>,
  email: string,
  password: string,
): ReturnType<Login> {
  const { failures, decoyHash } = ctx.deps;
  const account = `${kind}:${email}`;
  await failures.refuseTooMany(account, ctx.address);
  const credential = await findActiveCredential(ctx.db, kind, email);
  const matches = await verifyPassword(credential?.passwordHash ?? decoyHash, password);
  const bearer = credential && matches ? await bearerOf(ctx, { kind, subjectId: credential.subjectId }) : undefined;
  if (!bearer) {
    await failures.count(account, ctx.address);
    throw new DomainError("INVALID_CREDENTIALS");
  }
  await failures.refuseTooMany(account, ctx.address);
  const refresh = { sessionId: newId("session"), secret: newSecret() };
  const issue = await insertSession(ctx.db, refresh.sessionId, bearer, hashSecret(refresh.secret));
  return newTokens(ctx, bearer, issue, refresh);
}

import { normalEmail } from "#lib/contract/email.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import { findActiveCredential, type Identity, insertSession } from "../auth.store.ts";
import type { auth } from "../contract.ts";
import type { AuthDeps } from "../setup.ts";
import { bearerOf } from "../steps/bearer.ts";
import { addressHash, countLogin, inLoginTurn, logFailure } from "../steps/throttle.ts";
import { hashSecret, newSecret, newTokens } from "../steps/tokens.ts";

type LoginHandler = Handler<typeof auth.actions.login, AuthDeps>;

export const logIn: LoginHandler = (ctx, { email, password }) => logInAs(ctx, "customer", email, password);

export const staffLogIn: LoginHandler = (ctx, { email, password }) => logInAs(ctx, "staff", email, password);

/** An account that does not exist takes the same steps as one that does, and the same time. */
async function logInAs(
  ctx: ActionContext<AuthDeps>,
  kind: Identity["kind"],
  typedEmail: string,
  password: string,
): ReturnType<LoginHandler> {
  const email = normalEmail(typedEmail);
  const credential = await findActiveCredential(ctx.db, kind, email, addressHash(ctx));
  const login = { kind, email, knownAddress: credential?.knownAddress ?? false };
  const subjectId = await inLoginTurn(ctx, login, async () => {
    const succeed = await countLogin(ctx, login);
    const matches = await ctx.deps.passwords.verify(credential?.passwordHash ?? ctx.deps.decoyHash, password);
    if (!credential || !matches) return undefined;
    await succeed(credential.subjectId);
    return credential.subjectId;
  });
  const bearer = subjectId === undefined ? undefined : await bearerOf(ctx, { kind, subjectId });
  if (!bearer) {
    logFailure(ctx, login);
    throw new DomainError("INVALID_CREDENTIALS");
  }
  const refresh = { sessionId: newId("session"), secret: newSecret() };
  const issue = await insertSession(ctx.db, refresh.sessionId, bearer, hashSecret(refresh.secret));
  return newTokens(ctx, bearer, issue, refresh);
}

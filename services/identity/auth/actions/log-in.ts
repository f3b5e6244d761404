import { normalEmail } from "#lib/contract/email.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import { findActiveCredential, type Identity, insertSession } from "../auth.store.ts";
import type { auth } from "../contract.ts";
import type { AuthDeps } from "../setup.ts";
import { bearerOf } from "../steps/bearer.ts";
import { passwordHashes } from "../steps/passwords.ts";
import { type Account, accountHash, addressHash, countLogin, inTurn } from "../steps/throttle.ts";
import { hashSecret, newSecret, newTokens } from "../steps/tokens.ts";

type Login = Handler<typeof auth.actions.login, AuthDeps>;

export const logIn: Login = (ctx, { email, password }) =>
  logInAs(ctx, { kind: "customer", email: normalEmail(email) }, password);

export const staffLogIn: Login = (ctx, { email, password }) =>
  logInAs(ctx, { kind: "staff", email: normalEmail(email) }, password);

async function logInAs(ctx: ActionContext<AuthDeps>, account: Account, password: string): ReturnType<Login> {
  const bearer = await inTurn(ctx, () => checkLogin(ctx, account, password));
  const refresh = { sessionId: newId("session"), secret: newSecret() };
  const issue = await insertSession(ctx.db, refresh.sessionId, bearer, hashSecret(refresh.secret));
  return newTokens(ctx, bearer, issue, refresh);
}

/**
 * An account that does not exist takes the same steps as one that does, and the same time.
 * @throws DomainError INVALID_CREDENTIALS, RATE_LIMITED
 */
async function checkLogin(ctx: ActionContext<AuthDeps>, account: Account, password: string): Promise<Identity> {
  const { kind, email } = account;
  const credential = await findActiveCredential(ctx.db, kind, email, addressHash(ctx));
  const succeed = await countLogin(ctx, account, credential?.knownAddress ?? false);
  const matches = await passwordHashes.verify(credential?.passwordHash ?? ctx.deps.decoyHash, password);
  const subjectId = matches ? credential?.subjectId : undefined;
  if (subjectId !== undefined) await succeed(subjectId);
  const bearer = subjectId === undefined ? undefined : await bearerOf(ctx, { kind, subjectId });
  if (bearer) return bearer;
  ctx.deps.loginLog.info("A login failed.", { account: accountHash(ctx, account), address: ctx.address });
  throw new DomainError("INVALID_CREDENTIALS");
}

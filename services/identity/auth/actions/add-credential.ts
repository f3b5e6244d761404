import { normalEmail } from "#lib/contract/email.ts";
import { validationError } from "#lib/contract/errors.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import { savePendingCredential } from "../auth.store.ts";
import type { auth } from "../contract.ts";
import { passwordWeakness } from "../domain/password.ts";
import type { AuthDeps } from "../setup.ts";
import { commonPasswords } from "../steps/common-passwords.ts";
import { passwordHashes } from "../steps/passwords.ts";
import { countRegistration, inTurn } from "../steps/throttle.ts";

export const addCredential: Handler<typeof auth.actions.addCredential, AuthDeps> = async (
  ctx,
  { kind, subjectId, email, password },
) => {
  const message = passwordWeakness(password, email, await commonPasswords());
  if (message) throw validationError(`The password ${message}.`, [{ path: "/password", message }]);
  const byShop = ctx.auth.kind === "staff" || ctx.auth.kind === "service"; // who may register as many as they like
  const hash = byShop ? await passwordHashes.make(password) : await inTurn(ctx, () => countedHash(ctx, password));
  await savePendingCredential(ctx.db, { kind, subjectId }, normalEmail(email), hash);
  return {};
};

async function countedHash(ctx: ActionContext<AuthDeps>, password: string): Promise<string> {
  await countRegistration(ctx);
  return passwordHashes.make(password);
}

import { normalEmail } from "#lib/contract/email.ts";
import { validationError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import { savePendingCredential } from "../auth.store.ts";
import type { auth } from "../contract.ts";
import { passwordWeakness } from "../domain/password.ts";
import type { AuthDeps } from "../setup.ts";
import { commonPasswords } from "../steps/common-passwords.ts";
import { hashForRegistration } from "../steps/throttle.ts";

export const addCredential: Handler<typeof auth.actions.addCredential, AuthDeps> = async (
  ctx,
  { kind, subjectId, email, password },
) => {
  const message = passwordWeakness(password, email, await commonPasswords());
  if (message) throw validationError(`The password ${message}.`, [{ path: "/password", message }]);
  const hash = await hashForRegistration(ctx, password);
  await savePendingCredential(ctx.db, { kind, subjectId }, normalEmail(email), hash);
  return {};
};

import { validationError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import { savePendingCredential } from "../auth.store.ts";
import type { auth } from "../contract.ts";
import { passwordWeakness } from "../domain/password.ts";
import { hashPassword } from "../steps/passwords.ts";

export const addCredential: Handler<typeof auth.actions.addCredential> = async (
  ctx,
  { kind, subjectId, email, password },
) => {
  const message = passwordWeakness(password, email);
  if (message) throw validationError("The password is too weak.", [{ path: "/password", message }]);
  await savePendingCredential(ctx.db, { kind, subjectId }, email.toLowerCase(), await hashPassword(password));
  return {};
};

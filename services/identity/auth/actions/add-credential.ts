import { normalEmail } from "#lib/contract/email.ts";
import { validationError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import { savePendingCredential } from "../auth.store.ts";
import type { auth } from "../contract.ts";
import { passwordWeakness } from "../domain/password.ts";
import type { AuthDeps } from "../setup.ts";
import { passwordHashes } from "../steps/passwords.ts";
import { countRegistration, inTurn } from "../steps/throttle.ts";

export const addCredential: Handler<typeof auth.actions.addCredential, AuthDeps> = async (
  ctx,
  { kind, subjectId, email, password },
) => {
  const message = passwordWeakness(password, email);
  if (message) throw validationError("The password is too weak.", [{ path: "/password", message }]);
  const hash = await inTurn(ctx, async () => {
    await countRegistration(ctx);
    return passwordHashes.make(password);
  });
  await savePendingCredential(ctx.db, { kind, subjectId }, normalEmail(email), hash);
  return {};
};

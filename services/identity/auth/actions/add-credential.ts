import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import { addPending } from "../auth.store.ts";
import type { auth } from "../contract.ts";
import { weakness } from "../domain/password.ts";
import { hashPassword } from "../passwords.ts";

export const addCredential: Handler<typeof auth.actions.addCredential> = async (
  ctx,
  { kind, subjectId, email, password },
) => {
  const message = weakness(password, email);
  if (message)
    throw new DomainError("VALIDATION_FAILED", "The password is too weak.", {
      errors: [{ path: "/password", message }],
    });
  await addPending(ctx.db, { kind, subjectId }, email.toLowerCase(), await hashPassword(password));
  return {};
};

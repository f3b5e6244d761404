import { Errors } from "moleculer";
import { DomainError, errorSpec } from "#lib/contract/errors.ts";
import { aroundActions } from "./action-schema.ts";

/** Turns a `DomainError` that leaves an action into a Moleculer error with the HTTP status of its code. */
export const translateErrors = aroundActions("TranslateErrors", (next, _, action) => async (ctx) => {
  try {
    return await next(ctx);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const spec = errorSpec(error.type);
    if (!spec) throw new Error(`${action} failed with ${error.type}, which no contract declares.`);
    throw new Errors.MoleculerError(error.detail ?? spec.title, spec.status, error.type, error.data);
  }
});

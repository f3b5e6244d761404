import type { Middleware } from "moleculer";
import type { Env } from "#config/env.ts";
import { errorsOf } from "#lib/contract/action-errors.ts";
import { isDomainError } from "#lib/contract/errors.ts";
import { faults, fits } from "#lib/contract/validation.ts";
import { aroundActions } from "./action-schema.ts";

/**
 * Compares answers and error codes with the contract, so that the API documents stay true. Not in production, because there
 * it would cost time and turn a useful answer into an error. A code that the contract does not list fails tests
 * (`NODE_ENV=test`) and is logged in development, where the caller still gets it.
 */
export function resultCheck({ NODE_ENV }: Env): Middleware {
  return aroundActions("ResultCheck", (next, contract, action) => {
    const codes = new Set<string>(errorsOf(contract));
    return async (ctx) => {
      const result = await next(ctx).catch((error: unknown) => {
        if (!isDomainError(error) || codes.has(error.type)) throw error;
        const sentence = `${action} failed with ${error.type}, which its contract does not list: ${error.message}`;
        if (NODE_ENV === "test") throw new Error(sentence);
        ctx.broker.logger.error(sentence);
        throw error;
      });
      if (fits(contract.returns, result)) return result;
      const wrong = JSON.stringify(faults(contract.returns, result));
      throw new Error(`${action} gave an answer that does not fit its contract: ${wrong}`);
    };
  });
}

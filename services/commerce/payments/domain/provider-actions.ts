import { Type } from "typebox";
import { internal } from "#lib/contract/access.ts";
import { action, Empty } from "#lib/contract/contract.ts";
import { Currency } from "#lib/contract/money.ts";
import { PROVIDER_NAMES } from "./provider-names.ts";

/** What other services may ask of the providers. */
export const providerActions = {
  balances: action({
    summary: "What each payment provider says that it holds for the shop",
    params: Empty,
    returns: Type.Object({
      providers: Type.Array(
        Type.Object({
          provider: Type.Enum(PROVIDER_NAMES),
          balances: Type.Optional(
            Type.Array(Type.Object({ currency: Currency, amountMinor: Type.Integer() }), {
              description: "Absent when the provider does not say, or does not answer",
            }),
          ),
        }),
      ),
    }),
    access: internal(),
    retryable: true,
  }),
};

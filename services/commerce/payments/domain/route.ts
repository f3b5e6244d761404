import { type Static, Type } from "typebox";
import { Compile } from "typebox/schema";
import { StartupError } from "#lib/startup-error.ts";
import { METHOD_TYPES, type Method, typeOf } from "./method.ts";
import { PROVIDER_NAMES, type ProviderName } from "./provider-names.ts";

const RouteSchema = Type.Object(
  {
    provider: Type.Enum(PROVIDER_NAMES),
    types: Type.Optional(Type.Array(Type.Enum(METHOD_TYPES))),
    /** ISO 4217 codes. */
    currencies: Type.Optional(Type.Array(Type.String())),
    /** ISO 3166-1 alpha-2 codes of where the order goes to. */
    countries: Type.Optional(Type.Array(Type.String())),
  },
  { additionalProperties: false },
);

/** Which payments a provider takes. What is absent does not matter. */
export type Route = Static<typeof RouteSchema>;

const routes = Compile(Type.Array(RouteSchema));

/** What is to be paid, as far as routes look at it. */
export interface Fare {
  method: Method;
  currency: string;
  country: string | null;
}

/** What each provider can do at all. The test provider stands in for every one. */
const ABILITIES: Readonly<Record<ProviderName, (fare: Fare) => boolean>> = {
  test: () => true,
  stripe: ({ method }) => method.type === "card" || method.type === "emi" || method.type === "upi",
  paypal: ({ method }) => method.type === "wallet" && method.wallet === "paypal",
  vnpay: ({ method, currency }) => method.type === "bank_redirect" && currency === "VND",
  momo: ({ method, currency }) => method.type === "wallet" && method.wallet === "momo" && currency === "VND",
};

/**
 * Reads the setting `PAYMENT_ROUTES`.
 * @throws StartupError with one line that says what is wrong
 */
export function parseRoutes(text: string): Route[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StartupError("PAYMENT_ROUTES: must be JSON");
  }
  if (routes.Check(value)) return value;
  const [, [first]] = routes.Errors(value);
  throw new StartupError(`PAYMENT_ROUTES${first?.instancePath ?? ""}: ${first?.message ?? "invalid"}`);
}

/**
 * The providers that take a payment, the preferred one first.
 * @param configured those that have their secrets, in the order in which they are preferred without routes
 * @param wished the routes of the settings; every configured provider, where it can, unless given
 */
export function providersFor(
  fare: Fare,
  configured: readonly ProviderName[],
  wished: readonly Route[] = configured.map((provider) => ({ provider })),
): ProviderName[] {
  const fitting = wished.filter(
    ({ provider, types, currencies, countries }) =>
      configured.includes(provider) &&
      ABILITIES[provider](fare) &&
      (types === undefined || types.includes(typeOf(fare.method))) &&
      (currencies === undefined || currencies.includes(fare.currency)) &&
      (countries === undefined || (fare.country !== null && countries.includes(fare.country))),
  );
  return [...new Set(fitting.map(({ provider }) => provider))];
}

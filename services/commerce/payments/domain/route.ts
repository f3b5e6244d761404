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

const checked = Compile(Type.Array(RouteSchema));

/** The part of a payment that decides which providers take it. */
export interface RoutedPayment {
  method: Method;
  currency: string;
  country: string | null;
}

/** What each provider can do at all. The test provider stands in for every one. */
const ABILITIES: Readonly<Record<ProviderName, (payment: RoutedPayment) => boolean>> = {
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
  if (checked.Check(value)) return value;
  const [, [first]] = checked.Errors(value);
  throw new StartupError(`PAYMENT_ROUTES${first?.instancePath ?? ""}: ${first?.message ?? "invalid"}`);
}

/**
 * The providers that take a payment, the preferred one first.
 * @param configured those that have their secrets, in the order in which they are preferred without routes
 * @param routes the routes of the settings; every configured provider, where it can, unless given
 */
export function providersFor(
  payment: RoutedPayment,
  configured: readonly ProviderName[],
  routes: readonly Route[] = configured.map((provider) => ({ provider })),
): ProviderName[] {
  const fitting = routes.filter(
    ({ provider, types, currencies, countries }) =>
      configured.includes(provider) &&
      ABILITIES[provider](payment) &&
      (types === undefined || types.includes(typeOf(payment.method))) &&
      (currencies === undefined || currencies.includes(payment.currency)) &&
      (countries === undefined || (payment.country !== null && countries.includes(payment.country))),
  );
  return [...new Set(fitting.map(({ provider }) => provider))];
}

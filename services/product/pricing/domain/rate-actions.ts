import { Type } from "typebox";
import { staff } from "#lib/contract/access.ts";
import { action, Exact, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";

// The part of the contract that is about exchange rates.

const From = Type.With(Currency, { examples: ["EUR"] });
const To = Type.With(Currency, { examples: ["ISK"] });
const Rate = Type.Number({
  minimum: 1e-9,
  maximum: 1e9,
  description: "How many units of `to` one unit of `from` is",
  examples: [143.5],
});
const ExchangeRate = NamedObject("ExchangeRate", { from: From, to: To, rate: Rate, validFrom: Timestamp });

export const rateActions = {
  setRate: action({
    summary: "Sets the exchange rate between two currencies.",
    description:
      "A variant without a price in a currency costs there what it costs in another one, at this rate, its inverse, or by way of the currency `PRICE_PIVOT`; rounded to the currency's minor unit, or as `PRICE_ENDINGS` says.",
    rest: "PUT /exchange-rates/:from/:to",
    params: Exact({ from: From, to: To, rate: Rate }),
    returns: ExchangeRate,
    access: staff("pricing:write"),
    errors: ["LIMIT_REACHED"],
    retryable: true,
  }),
  rates: action({
    summary: "The exchange rates.",
    rest: "GET /exchange-rates",
    params: Exact({ ...Page }),
    returns: Type.Object({ exchangeRates: Type.Array(ExchangeRate), pagination: Pagination }),
    access: staff("pricing:read"),
  }),
};

import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { Country } from "#lib/contract/address.ts";
import { Timestamp } from "#lib/contract/contract.ts";
import { Id, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { Personal } from "#lib/contract/personal.ts";
import { FormedText, Text } from "#lib/contract/text.ts";
import { ROUND_PER } from "./settings.ts";

// The schemas of taxes in the contract of pricing.

export const TaxCategory = FormedText("a category, of letters, digits, hyphens and underscores", "^[A-Za-z0-9_-]+$", {
  minLength: 1,
  maxLength: 40,
  description: "Of products: `standard` holds for every category that has no rate of its own, and `exempt` is untaxed",
  examples: ["standard"],
});

export const TaxName = Text(40, { description: "Taxes of different names are added up", examples: ["GST"] });
const Percent = Type.Number({ minimum: 0, maximum: 100, description: "In percent", examples: [15] });
const Compound = Type.Boolean({ description: "It is also levied on the taxes before it", examples: [false] });
const State = Text(100, { description: "Absent: the whole country", examples: ["WGN"] });
const Zip = Text(41, {
  description: "A postal code, the beginning of some (`100*`) or a range of them (`90001-90899`)",
  examples: ["6011"],
});
const Zone = { country: Type.With(Country, { description: "ISO 3166-1 alpha-2 code", examples: ["NZ"] }) };

/** A rate in a request. */
export const RateToSet = {
  ...Zone,
  state: Type.Optional(State),
  zip: Type.Optional(Zip),
  category: Type.Optional(TaxCategory),
  name: TaxName,
  rate: Percent,
  compound: Type.Optional(Compound),
  validFrom: Type.Optional(Type.With(Timestamp, { description: "Since when it holds; absent: always" })),
  validTo: Type.Optional(Type.With(Timestamp, { description: "When it ends; absent: never", examples: undefined })),
};

export const TaxRateView = NamedObject("TaxRate", {
  rateId: Id("taxRate"),
  ...RateToSet,
  category: TaxCategory,
  compound: Compound,
});

export const Settings = {
  pricesInclude: Type.Record(FormedText("a country's code", "^[A-Z]{2}$"), Type.Boolean(), {
    maxProperties: 300,
    description: "Whether prices include the taxes, by the country that goods go to",
    examples: [{ GB: true, US: false }],
  }),
  pricesIncludeElsewhere: Type.Boolean({
    description: "Whether they do in countries that are not named",
    examples: [false],
  }),
  roundPer: Type.Enum(ROUND_PER, { description: "What is rounded to minor units", examples: ["order"] }),
};

const Certificate = Personal(Text(200, { description: "Its number or name", examples: ["ST-119-0042"] }));
export const ExemptionToSet = {
  ...Zone,
  state: Type.Optional(State),
  certificate: Certificate,
  validUntil: Type.With(Timestamp, { description: "When it ends", examples: ["2099-12-31T00:00:00.000Z"] }),
};
export const TaxExemptionView = NamedObject("TaxExemption", {
  exemptionId: Id("taxExemption"),
  customerId: Id("customer"),
  ...ExemptionToSet,
  valid: Type.Boolean({ description: "Whether it holds now" }),
});

export const TaxIdText = Personal(
  Text(40, {
    description:
      "A business buyer's VAT number or other tax number. A number of the European Union must have the right form and check digits",
    examples: ["DE136695976"],
  }),
);

const Minor = Type.Integer({ minimum: 0 });
const Reason = Type.Enum(["exempt", "reverseCharge", "export"], {
  description:
    "Why there is no tax: by a certificate or by law, because the buyer accounts for it, or because the goods leave the country",
});

/** A tax of a line or an order, in minor units. */
const lineTaxMinor = {
  name: Type.String(),
  rate: Type.Number(),
  amountMinor: Minor,
  takenOffMinor: Type.Optional(Minor),
  reason: Type.Optional(Reason),
};
export const LineTaxMinor = Type.Object(lineTaxMinor);
export const TaxMinor = Type.Object({ ...lineTaxMinor, included: Type.Boolean() });

const lineTax = {
  name: Type.String({ examples: ["VAT"] }),
  rate: Type.Number({ description: "In percent", examples: [20] }),
  amount: Amount,
  takenOff: Type.Optional(
    Type.With(Amount, {
      description: "What prices include of a tax that this buyer need not pay: it is taken off them",
    }),
  ),
  reason: Type.Optional(Reason),
};

/** A tax of a line, as clients see it. */
export const LineTaxView = NamedObject("LineTax", lineTax);
/** A tax of a cart or an order, as clients see it. */
export const TaxLineView = NamedObject("TaxLine", {
  ...lineTax,
  included: Type.Boolean({ description: "Whether the prices include it; if not, it is added to them" }),
});

export const TaxQuestion = {
  currency: Currency,
  lines: Type.Array(Type.Object({ sku: Sku, quantity: Type.Integer({ minimum: 1 }), totalMinor: Minor }), {
    maxItems: limits.ORDER_LINES,
  }),
  address: Type.Optional(
    Type.Object({
      country: Type.Optional(Type.String()),
      state: Type.Optional(Type.String()),
      zipCode: Type.Optional(Type.String()),
    }),
  ),
  customerId: Type.Optional(Id("customer")),
  taxId: Type.Optional(TaxIdText),
};

export const TaxAnswer = Type.Object({
  taxed: Type.Boolean({ description: "Whether the shop has any rates" }),
  taxes: Type.Array(TaxMinor),
  lines: Type.Array(Type.Array(LineTaxMinor), { description: "Those of each line" }),
  taxId: Type.Optional(
    Type.Object(
      { number: Personal(Type.String()), vatCountry: Type.Optional(Type.String()) },
      {
        description: "The number as it was checked: by its form. VIES was not asked",
      },
    ),
  ),
});

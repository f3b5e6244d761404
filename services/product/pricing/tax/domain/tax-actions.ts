import { Type } from "typebox";
import { internal, staff } from "#lib/contract/access.ts";
import { action, Empty, Exact, Page, Pagination } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import {
  ExemptionToSet,
  RateToSet,
  Settings,
  TaxAnswer,
  TaxExemptionView,
  TaxQuestion,
  TaxRateView,
} from "./schemas.ts";

// The part of the contract that is about taxes.

const TaxSettings = Type.Object(Settings);
const RateId = { rateId: Id("taxRate") };
const access = staff("pricing:write");
const CustomerId = { customerId: Id("customer") };

export const taxActions = {
  createTaxRate: action({
    summary: "Adds a rate of a tax in a country, a state or an area of postal codes",
    description:
      "Of several rates with one name the most specific one holds: that of the product's category before the standard rate, then that of the narrowest zone, then the one that holds since the latest time. Taxes of different names are added up. A change counts from the next cart and order on.",
    rest: "POST /tax/rates",
    status: 201,
    params: Exact(RateToSet),
    returns: TaxRateView,
    access,
    errors: ["LIMIT_REACHED"],
    idempotent: true,
  }),
  taxRates: action({
    summary: "Lists rates of taxes.",
    rest: "GET /tax/rates",
    params: Exact({ ...Page, country: Type.Optional(RateToSet.country) }),
    returns: Type.Object({ rates: Type.Array(TaxRateView), pagination: Pagination }),
    access,
  }),
  taxRate: action({
    summary: "Reads a rate of a tax.",
    description: "`rateId` comes from `POST /tax/rates`.",
    rest: "GET /tax/rates/:rateId",
    params: Exact(RateId),
    returns: TaxRateView,
    access,
  }),
  setTaxRate: action({
    summary: "Replaces a rate of a tax.",
    description: "`rateId` comes from `POST /tax/rates`. What is left out is as in a new rate.",
    rest: "PUT /tax/rates/:rateId",
    params: Exact({ ...RateId, ...RateToSet }),
    returns: TaxRateView,
    access,
    retryable: true,
  }),
  deleteTaxRate: action({
    summary: "Deletes a rate of a tax.",
    description: "`rateId` comes from `POST /tax/rates`. Orders keep the taxes that they were placed with.",
    rest: "DELETE /tax/rates/:rateId",
    status: 204,
    params: Exact(RateId),
    returns: Empty,
    access,
  }),
  taxSettings: action({
    summary: "Reads how the shop taxes.",
    rest: "GET /tax/settings",
    params: Exact({}),
    returns: TaxSettings,
    access,
  }),
  setTaxSettings: action({
    summary: "Sets how the shop taxes. What is left out stays as it is.",
    rest: "PUT /tax/settings",
    params: Exact({
      pricesInclude: Type.Optional(Settings.pricesInclude),
      pricesIncludeElsewhere: Type.Optional(Settings.pricesIncludeElsewhere),
      roundPer: Type.Optional(Settings.roundPer),
    }),
    returns: TaxSettings,
    access,
    retryable: true,
  }),
  addTaxExemption: action({
    summary: "Records a certificate by which a customer pays no tax in a country, or in a state of it",
    description: "It counts until `validUntil`, or until it is deleted.",
    rest: "POST /customers/:customerId/tax-exemptions",
    status: 201,
    params: Exact({ ...CustomerId, ...ExemptionToSet }),
    returns: TaxExemptionView,
    access,
    errors: ["LIMIT_REACHED"],
    idempotent: true,
  }),
  taxExemptions: action({
    summary: "Lists the certificates of a customer, also those that have ended.",
    rest: "GET /customers/:customerId/tax-exemptions",
    params: Exact(CustomerId),
    returns: Type.Object({ exemptions: Type.Array(TaxExemptionView) }),
    access,
  }),
  deleteTaxExemption: action({
    summary: "Deletes a certificate of a customer.",
    description: "`exemptionId` comes from `POST /customers/{customerId}/tax-exemptions`.",
    rest: "DELETE /customers/:customerId/tax-exemptions/:exemptionId",
    status: 204,
    params: Exact({ ...CustomerId, exemptionId: Id("taxExemption") }),
    returns: Empty,
    access,
  }),
  taxes: action({
    summary:
      "The taxes of lines that go to an address. Only a shop with rates is asked: see `taxed` of `pricing.prices`.",
    params: Exact(TaxQuestion),
    returns: TaxAnswer,
    access: internal(),
    retryable: true,
  }),
};

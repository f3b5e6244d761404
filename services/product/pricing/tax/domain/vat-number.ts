import { checkVAT, countries } from "jsvat-next";
import { validationError } from "#lib/contract/errors.ts";
import { isInEu } from "./place.ts";
import { plainTaxNumber } from "./tax-number.ts";

/** A buyer's tax number as it was checked: by its form alone. Whether it is in use, only VIES knows, and VIES is not asked. */
export interface TaxId {
  number: string;
  /** Of a number of the European Union. */
  vatCountry?: string;
}

const IN_EU = countries.filter(({ codes }) => codes.some(isInEu));

/** The prefixes of VAT numbers that are not the code of their country. */
const PREFIXES: Readonly<Record<string, string>> = { EL: "GR" };

/**
 * Reads a buyer's tax number. One with the prefix of a member state must have that state's form and check digits; others
 * change no tax, so they are kept as they are.
 * @throws DomainError VALIDATION_FAILED
 */
export function parseTaxId(text: string, path = "/taxId"): TaxId {
  const number = plainTaxNumber(text);
  const prefix = number.slice(0, 2);
  const vatCountry = PREFIXES[prefix] ?? prefix;
  if (!/^[A-Z]{2}/.test(prefix) || !isInEu(vatCountry)) return { number: text.trim() };
  if (!checkVAT(number, IN_EU).isValid) {
    const message = `must be a VAT number of ${vatCountry}: its form or its check digits are wrong`;
    throw validationError("The VAT number is not valid.", [{ path, message }]);
  }
  return { number, vatCountry };
}

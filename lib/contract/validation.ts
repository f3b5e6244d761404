import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/schema";
import { FIELD_ERRORS_SHOWN, type FieldError, validationError } from "./errors.ts";

const compiled = new WeakMap<TSchema, Validator>();

function validatorOf(schema: TSchema): Validator {
  let validator = compiled.get(schema);
  if (!validator) {
    validator = Compile(schema);
    compiled.set(schema, validator);
  }
  return validator;
}

/** Whether a value fits a schema. Each schema is compiled once. */
export function fits(schema: TSchema, value: unknown): boolean {
  return validatorOf(schema).Check(value);
}

/** What is wrong with a value, by JSON pointer; empty when nothing is. With `more`, it may have more than the schema knows. */
export function faults(schema: TSchema, value: unknown, { more = false } = {}): FieldError[] {
  const found: FieldError[] = [];
  const [, errors] = validatorOf(schema).Errors(value);
  for (const error of errors) {
    if (error.keyword === "boolean") continue; // the echo of additionalProperties
    if (more && error.keyword === "additionalProperties") continue;
    if (error.keyword === "required") {
      for (const name of error.params.requiredProperties)
        found.push({ path: `${error.instancePath}/${name}`, message: "is required" });
    } else if (error.keyword === "additionalProperties") {
      for (const name of error.params.additionalProperties)
        found.push({ path: `${error.instancePath}/${name}`, message: "is not known" });
    } else {
      found.push({ path: error.instancePath, message: error.message });
    }
    if (found.length >= FIELD_ERRORS_SHOWN) break;
  }
  return found.slice(0, FIELD_ERRORS_SHOWN);
}

/** @throws DomainError VALIDATION_FAILED listing what is wrong */
export function assertFits(schema: TSchema, value: unknown, what: string): void {
  if (fits(schema, value)) return;
  throw validationError(`${what} is not valid.`, faults(schema, value));
}

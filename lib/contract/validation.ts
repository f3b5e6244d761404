import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/schema";
import { type FieldError, validationError } from "./errors.ts";
import { explainFaults } from "./explain-faults.ts";

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

/**
 * What is wrong with a value and what would be right, by JSON pointer; empty when nothing is wrong. With `more`, it may
 * have more than the schema knows.
 */
export function faults(schema: TSchema, value: unknown, { more = false } = {}): FieldError[] {
  return explainFaults(schema, value, more);
}

/**
 * @param what the value is, if it is not a request
 * @throws DomainError VALIDATION_FAILED listing what is wrong
 */
export function assertFits(schema: TSchema, value: unknown, what?: string): void {
  if (fits(schema, value)) return;
  throw validationError(what === undefined ? undefined : `${what} is not valid.`, faults(schema, value));
}

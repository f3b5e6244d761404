/**
 * Why something cannot be encrypted or decrypted:
 * - `noMainKey`: no main key is configured;
 * - `mainKeysAway`: what holds the main keys, such as a KMS, does not answer;
 * - `unknownMainKey`, `wrongMainKey`: the main key that a data key needs is missing, or is another one of the same name;
 * - `unknownDataKey`: the value's data key is missing;
 * - `notGenuine`: the value was changed, or belongs to another row.
 */
export type VaultFault =
  | "noMainKey"
  | "mainKeysAway"
  | "unknownMainKey"
  | "wrongMainKey"
  | "unknownDataKey"
  | "notGenuine";

/** The message names keys by their names. It never has a key or a value in it. */
export class VaultError extends Error {
  override readonly name = "VaultError";
  readonly fault: VaultFault;

  constructor(fault: VaultFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

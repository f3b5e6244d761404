import { limits } from "#config/limits.ts";
import type { Log } from "#lib/log.ts";
import { exitWith, StartupError } from "#lib/startup-error.ts";
import { configuredMainKeys } from "#lib/vault/configured-main-keys.ts";
import { DataKeyTable } from "#lib/vault/data-key-table.ts";
import { Vault } from "#lib/vault/vault.ts";
import type { SetupContext } from "./context.ts";

/**
 * The vault of a service. A setting that cannot be read stops the start. A key that is missing does not: a shop that keeps
 * nothing secret needs none, and one that has lost a key must still sell. The log says which one is missing.
 * @param what is encrypted, for the log, such as `Payment methods`
 */
export async function openVault(
  { db, env, log }: Pick<SetupContext, "db" | "env" | "log">,
  what: string,
): Promise<Vault> {
  const mainKeys = await configuredMainKeys(env).catch((error: unknown) => {
    if (error instanceof StartupError) exitWith(error);
    throw error;
  });
  const keys = new DataKeyTable(db);
  const vault = new Vault(mainKeys, keys);
  if (!mainKeys) log.warn(`${what} cannot be saved: set VAULT_KEYS or VAULT_KEYS_FILE.`);
  await reportMissingKeys(vault, keys, what, log);
  return vault;
}

async function reportMissingKeys(vault: Vault, keys: DataKeyTable, what: string, log: Log): Promise<void> {
  const faults = new Set<string>();
  for (const key of await keys.list(limits.DATA_KEYS_CHECKED)) {
    await vault.check(key).catch((error: Error) => faults.add(error.message));
  }
  for (const fault of faults) log.error(`${what} that were saved cannot be used: ${fault}`);
}

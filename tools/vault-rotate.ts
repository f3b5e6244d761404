// npm run vault:rotate
// Encrypts saved payment methods again, under a new data key of the main key in use: the first one of VAULT_KEYS or
// VAULT_KEYS_FILE. The shop may sell meanwhile; an interrupted run is finished by the next one. Finds the data as the shop
// does: DATABASE_URL, DATABASE_LAYOUT and NAMESPACE, PAYMENTS_DATABASE_URL, or else the embedded server of DATA_DIR. Ends with
// 0 when everything is under the new key, 1 when something is not, 2 when it could not run.
import { type Env, processEnv } from "#config/env.ts";
import { embeddedPostgresUrl } from "#lib/dev-postgres/embedded-postgres.ts";
import type { DataPlace } from "#lib/sql/data-place.ts";
import { StartupError } from "#lib/startup-error.ts";
import { configuredMainKeys } from "#lib/vault/configured-main-keys.ts";
import { VaultError } from "#lib/vault/vault-error.ts";
import { placesOn, withDatabase } from "./service-database.ts";
import { faultsOf, rotateTokens } from "./vault/rotate-tokens.ts";

async function placeOfPayments(env: Env): Promise<DataPlace> {
  const own = env.databaseUrls.payments;
  if (own !== undefined) return { database: own };
  const place = (await placesOn(env.DATABASE_URL ?? embeddedPostgresUrl(env.DATA_DIR), env)).get("payments");
  if (!place) throw new StartupError(`The server has no data of payments in the namespace ${env.NAMESPACE}.`);
  return place;
}

try {
  const env = processEnv();
  const mainKeys = await configuredMainKeys(env);
  if (!mainKeys) throw new StartupError("Set VAULT_KEYS or VAULT_KEYS_FILE, as the shop has it.");
  const rotated = await withDatabase(await placeOfPayments(env), (db) => rotateTokens(db, mainKeys, console.log));
  const faults = faultsOf(rotated);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
} catch (error) {
  const isExpected = error instanceof StartupError || error instanceof VaultError;
  console.error(isExpected ? error.message : `vault:rotate: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}

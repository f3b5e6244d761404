// npm run vault:rotate
// Encrypts saved payment methods, and the documents and bank accounts of sellers, again: under new data keys of the main key
// in use, the first one of VAULT_KEYS or VAULT_KEYS_FILE. The shop may sell meanwhile; an interrupted run is finished by the
// next one. Finds the data as the shop does: DATABASE_URL, DATABASE_LAYOUT and NAMESPACE, <SERVICE>_DATABASE_URL, or else the
// embedded server of DATA_DIR. Ends with 0 when everything is under the new keys, 1 when something is not, 2 when it could
// not run.
import { processEnv } from "#config/env.ts";
import { embeddedPostgresUrl } from "#lib/dev-postgres/embedded-postgres.ts";
import type { DataPlace } from "#lib/sql/data-place.ts";
import { StartupError } from "#lib/startup-error.ts";
import { configuredMainKeys } from "#lib/vault/configured-main-keys.ts";
import { VaultError } from "#lib/vault/vault-error.ts";
import { placesOn, withDatabase } from "./service-database.ts";
import { faultsOf, rotateEncrypted, savedMethods, sellersData } from "./vault/rotate-encrypted.ts";

try {
  const env = processEnv();
  const mainKeys = await configuredMainKeys(env);
  if (!mainKeys) throw new StartupError("Set VAULT_KEYS or VAULT_KEYS_FILE, as the shop has it.");
  const encrypted = [savedMethods, sellersData];
  const hasOwn = encrypted.every(({ service }) => env.databaseUrls[service] !== undefined);
  const places = hasOwn
    ? new Map<string, DataPlace>()
    : await placesOn(env.DATABASE_URL ?? embeddedPostgresUrl(env.DATA_DIR), env);
  const found = encrypted.flatMap((one) => {
    const own = env.databaseUrls[one.service];
    const place = own === undefined ? places.get(one.service) : { database: own };
    return place ? [{ one, place }] : [];
  });
  if (found.length === 0) throw new StartupError(`The server has no data in the namespace ${env.NAMESPACE}.`);
  for (const { one, place } of found) {
    const rotated = await withDatabase(place, (db) => rotateEncrypted(one, db, mainKeys, console.log));
    const faults = faultsOf(rotated);
    for (const fault of faults) console.error(fault);
    if (faults.length > 0) process.exitCode = 1;
  }
} catch (error) {
  const isExpected = error instanceof StartupError || error instanceof VaultError;
  console.error(isExpected ? error.message : `vault:rotate: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}

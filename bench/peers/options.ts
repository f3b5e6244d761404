import { join } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "#bench/options.ts";
import { CUSTOMERS, SYSTEM_NAMES, type SystemName } from "./system.ts";

const SECONDS = 600;
const WINDOWS = 25;
const ROOT = join(import.meta.dirname, "../..");

export const USAGE = `usage: npm run bench:peers -- [options]

Buys in Tradepost, Vendure and Medusa in turns, runs the five steps of an order on DBOS between them, and writes
bench/results/peers.json, the picture beside it, and the table of README.md. Installs the others from the npm registry.

  --only A,B      some of ${SYSTEM_NAMES.join(", ")}; nothing is written then
  --seconds N     length of a window (15)
  --windows N     windows of each system and number of clients, of which the median counts (3)
  --clients A,B   numbers of clients (1,8,32)
  --folder PATH   where the others are installed, and kept (.data-peers)
  --dry           writes nothing

Ends with 0 when everything could be measured, 1 when not, 2 when called wrongly.`;

export interface PeerOptions {
  systems: SystemName[];
  seconds: number;
  windows: number;
  clients: number[];
  folder: string;
  /** Whether the results of the project are replaced. */
  write: boolean;
}

/** @throws UsageError */
export function parsePeerOptions(args: readonly string[]): PeerOptions {
  const values = parsed(args);
  const systems = values.only === undefined ? [...SYSTEM_NAMES] : values.only.split(",").map(systemName);
  return {
    systems,
    seconds: integer("seconds", values.seconds, SECONDS),
    windows: integer("windows", values.windows, WINDOWS),
    clients: values.clients.split(",").map((text) => integer("clients", text, CUSTOMERS)),
    folder: values.folder,
    write: values.only === undefined && !values.dry,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: "string" },
        seconds: { type: "string", default: "15" },
        windows: { type: "string", default: "3" },
        clients: { type: "string", default: "1,8,32" },
        folder: { type: "string", default: join(ROOT, ".data-peers") },
        dry: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function systemName(name: string): SystemName {
  const found = SYSTEM_NAMES.find((known) => known === name);
  if (found === undefined) throw new UsageError(`--only knows ${SYSTEM_NAMES.join(", ")}, not ${name}`);
  return found;
}

function integer(name: string, text: string, maximum: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > maximum) throw new UsageError(`--${name} must be an integer from 1 to ${maximum}`);
  return value;
}

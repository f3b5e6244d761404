import { globSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Contract, EventContract } from "./types.ts";

const SERVICES = join(import.meta.dirname, "../../services");

const declared = new Map<string, Contract>();

/** For `contract()` alone: every contract that is loaded can be found by its service's name. */
export function declare(contract: Contract): void {
  declared.set(contract.name, contract);
}

/** Names of all services in the tree, whether they run on this node or another: the names of their folders. */
export function servicesInTree(): string[] {
  return contractFiles().map(nameOf).sort();
}

/**
 * Loads every contract of the tree, so that this node knows the actions, events, errors and signals of services that run
 * elsewhere, too. Synchronous, because a service file that needs contracts is itself loaded by `require`.
 * @returns the contracts, in the order of their folders
 * @throws Error for a folder whose contract has another name
 */
export function loadContracts(): Contract[] {
  const require = createRequire(import.meta.url);
  return contractFiles().map((file) => {
    require(join(SERVICES, file));
    const contract = declared.get(nameOf(file));
    if (!contract) throw new Error(`services/${file} declares no contract with the name of its folder.`);
    return contract;
  });
}

function contractFiles(): string[] {
  return globSync("*/*/contract.ts", { cwd: SERVICES }).sort();
}

function nameOf(file: string): string {
  return file.split(/[\\/]/).at(-2) as string;
}

/**
 * The contracts of events by their names, such as `orders.OrderCreated`.
 * @throws Error naming an event that no loaded contract declares
 */
export function eventContracts(names: Iterable<string>): Map<string, EventContract> {
  const found = new Map<string, EventContract>();
  for (const name of names) {
    const [service, type] = name.split(".") as [string, string];
    const spec = (declared.get(service)?.events as Record<string, EventContract> | undefined)?.[type];
    if (!spec) throw new Error(`No contract declares the event ${name}.`);
    found.set(name, spec);
  }
  return found;
}

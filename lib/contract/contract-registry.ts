import { globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Contract, EventContract } from "./types.ts";

const SERVICES = join(import.meta.dirname, "../../services");

const declared = new Map<string, Contract>();

/** For `contract()` alone: every contract that is loaded can be found by its service's name. */
export function declare(contract: Contract): void {
  declared.set(contract.name, contract);
}

/** Names of all services in the tree, whether they run on this node or another. */
export function servicesInTree(): string[] {
  return globSync("*/*/contract.ts", { cwd: SERVICES })
    .map((file) => file.split(/[\\/]/).at(-2) as string)
    .sort();
}

/** Loads every contract of the tree, so that this node knows the events, errors and signals of services elsewhere, too. */
export async function loadContracts(): Promise<void> {
  for (const file of globSync("*/*/contract.ts", { cwd: SERVICES }).sort()) {
    await import(pathToFileURL(join(SERVICES, file)).href);
  }
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

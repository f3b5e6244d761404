import { globSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { topicOf } from "#lib/contract/contract.ts";
import type { Listeners } from "./events.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** Which group consumes which events, from the services' own definitions. */
export async function listenersOf(root = ROOT): Promise<Listeners> {
  const listeners = new Map<string, Set<string>>();
  for (const path of globSync("services/*/*/*.service.ts", { cwd: root })) {
    const { default: schema } = (await import(pathToFileURL(join(root, path)).href)) as {
      default: { name: string; metadata?: { consumes?: readonly string[] } };
    };
    const events = schema.metadata?.consumes ?? [];
    if (events.length > 0) listeners.set(schema.name, new Set(events.map(nameOf)));
  }
  return listeners;
}

/** From `orders.OrderCreated` to `orders.events/OrderCreated`. */
function nameOf(event: string): string {
  const [service = "", type] = event.split(".");
  return `${topicOf(service)}/${type}`;
}

import { globSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { topicOf } from "#lib/contract/contract.ts";
import type { EventCondition } from "#lib/events/inbox/event-routes.ts";
import type { Listeners } from "./events.ts";

interface Metadata {
  consumes: readonly string[];
  conditions: Readonly<Record<string, readonly EventCondition[]>>;
}

const ROOT = resolve(import.meta.dirname, "../..");

/** Which group consumes which events, from the services' own definitions. */
export async function listenersOf(root = ROOT): Promise<Listeners> {
  const listeners = new Map<string, Map<string, readonly EventCondition[]>>();
  for (const path of globSync("services/*/*/*.service.ts", { cwd: root })) {
    const { default: schema } = (await import(pathToFileURL(join(root, path)).href)) as {
      default: { name: string; metadata?: Partial<Metadata> };
    };
    const { consumes = [], conditions = {} } = schema.metadata ?? {};
    if (consumes.length === 0) continue;
    listeners.set(schema.name, new Map(consumes.map((event) => [nameOf(event), conditions[event] ?? []])));
  }
  return listeners;
}

/** From `orders.OrderCreated` to `orders.events/OrderCreated`. */
function nameOf(event: string): string {
  const [service = "", type] = event.split(".");
  return `${topicOf(service)}/${type}`;
}

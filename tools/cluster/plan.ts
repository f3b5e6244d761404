/** A service as it lies in the tree: `services/<domain>/<name>/<name>.service.ts`. */
export interface ServiceFolder {
  domain: string;
  name: string;
  folder: string;
}

export interface PlannedNode {
  name: string;
  /** What the runner is given to load. */
  folders: readonly string[];
  /** Where it answers HTTP; gateways only. */
  port?: number;
}

const GATEWAY = "gateway";

/** On two nodes each: the path of an order, which has to survive the loss of any one of them. */
const TWICE = new Set(["orders", "inventory", "payments"]);

/** Two gateways, two nodes for each service of the order's path, and one node for the rest of each domain. */
export function plan(services: readonly ServiceFolder[], port: number): PlannedNode[] {
  const nodes: PlannedNode[] = [];
  const byDomain = new Map<string, string[]>();
  for (const { domain, name, folder } of services) {
    if (name === GATEWAY || TWICE.has(name)) {
      for (const replica of [1, 2]) {
        nodes.push({
          name: `${name}-${replica}`,
          folders: [folder],
          ...(name === GATEWAY ? { port: port + replica - 1 } : {}),
        });
      }
    } else {
      byDomain.set(domain, [...(byDomain.get(domain) ?? []), folder]);
    }
  }
  for (const [name, folders] of byDomain) nodes.push({ name, folders });
  return nodes;
}

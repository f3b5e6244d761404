/** One process of a layout. */
export interface LayoutNode {
  name: string;
  /** What the runner is given to load. */
  folders: readonly string[];
  gateway: boolean;
}

/** A way to spread the shop over processes. */
export interface Layout {
  name: string;
  /** Whether its nodes talk over NATS; otherwise everything is one process. */
  nats: boolean;
  nodes: readonly LayoutNode[];
  /** Clients that order at the same time. */
  clients: number;
}

const CLIENTS = 32;
/** So that each node has work for full batches, however many there are. */
const CLIENTS_PER_NODE = 16;
const COUNTS = [2, 4, 8];

const ALL = ["services"];
const PATH = ["commerce/orders", "commerce/payments", "logistics/inventory"].map(folder);
const FRONT = ["platform", "identity", "product", "commerce/carts", "commerce/checkout"].map(folder);

/** The layouts that are compared; the first is what the others are measured against. */
export function layouts(): Layout[] {
  return [
    { name: "one process", nats: false, clients: CLIENTS, nodes: [node("all", ALL, true)] },
    { name: "one process and NATS", nats: true, clients: CLIENTS, nodes: [node("all", ALL, true)] },
    { name: "seven nodes", nats: true, clients: CLIENTS, nodes: sevenNodes() },
    ...COUNTS.map((count) => ({
      name: `${count} nodes of orders, payments, inventory`,
      nats: true,
      clients: CLIENTS_PER_NODE * count,
      nodes: [
        node("front", FRONT, true),
        ...Array.from({ length: count }, (_, at) => node(`path-${at + 1}`, PATH, false)),
      ],
    })),
  ];
}

/** As in the chaos cluster: the shop on two nodes, one more gateway, and two nodes each for stock and money. */
function sevenNodes(): LayoutNode[] {
  const shop = [...FRONT, folder("commerce/orders")];
  const twice = (name: string, folders: readonly string[], gateway: boolean) =>
    [1, 2].map((replica) => node(`${name}-${replica}`, folders, gateway));
  return [
    ...twice("shop", shop, true),
    node("edge", [folder("platform/gateway")], true),
    ...twice("inventory", [folder("logistics/inventory")], false),
    ...twice("payments", [folder("commerce/payments")], false),
  ];
}

function node(name: string, folders: readonly string[], gateway: boolean): LayoutNode {
  return { name, folders, gateway };
}

function folder(path: string): string {
  return `services/${path}`;
}

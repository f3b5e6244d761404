/** Everything that can be compared, in the order of the table. */
export const SYSTEM_NAMES = ["tradepost", "vendure", "medusa", "dbos"] as const;
export type SystemName = (typeof SYSTEM_NAMES)[number];

/** What the load generator has to know to buy in a system that runs. */
export interface Shop {
  system: SystemName;
  url: string;
  /** A token for each client, who is logged in. */
  tokens: string[];
  /** What can be bought: ids of variants; product and SKU in Tradepost. Each purchase takes any of them. */
  goods: string[];
  /** What every request has to carry besides. */
  headers?: Record<string, string>;
  /** Region in which Medusa's carts are. */
  regionId?: string;
}

/** Products that each sells, and pieces of each: more than a run can sell. */
export const PRODUCTS = 100;
export const STOCK = 1_000_000;
/** Customers who are registered: as many as the most clients. */
export const CUSTOMERS = 32;
export const PASSWORD = "peer-customer-password-1";

export function emailOf(customer: number): string {
  return `peer-${customer}@customers.example`;
}

/** A system that runs, filled and with its customers logged in. */
export interface RunningSystem {
  /** What the load generator needs for so many clients, with tokens that are good for some minutes. */
  shop(clients: number): Promise<Shop>;
  /** Processes below which all of its CPU is used: the application's and Postgres's. */
  pids: { application: number; postgres: number };
  stop(): Promise<void>;
}

/** Where a system may put what it needs. */
export interface Places {
  /** For what is installed; kept from run to run. */
  installed: string;
  /** For data; emptied after the run. */
  data: string;
}

export interface System {
  name: SystemName;
  /** As people call it. */
  title: string;
  /** The version that is measured. */
  version(): Promise<string>;
  /** @throws Error when it cannot be installed, started or filled, with the end of its output */
  start(places: Places): Promise<RunningSystem>;
}

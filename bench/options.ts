import { parseArgs } from "node:util";

const SECONDS = 600;
const WINDOWS = 25;
const MOST_PRODUCTS = 5_000_000;

export const USAGE = `usage: npm run bench -- [options]

Measures a shop, each figure beside the limit of this machine, and writes bench/results/<date>.json and .md.

  --seconds N           length of a window (5)
  --windows N           windows of each measure, of which the median counts (3)
  --url URL             measure the shop that runs there, with RATE_LIMIT=off, instead of starting one
  --staff-email EMAIL   who sets up products, prices and stock (admin@example.com)
  --staff-password PW   (admin-password-1)
  --products N          instead measure lists, searches and orders of a shop with N products
  --profile             also finds where the shop spends its time (not with --url)
  --cluster             compares the CPU of an order in one process and in clusters, and measures nothing else
  --only TEXT           only measures, or with --cluster layouts, whose name contains this

Ends with 0 when everything could be measured, 1 when not, 2 when called wrongly.`;

export interface Options {
  seconds: number;
  windows: number;
  /** Absent: the bench starts a shop of its own. */
  url?: string;
  staffEmail: string;
  staffPassword: string;
  profile: boolean;
  cluster: boolean;
  only?: string;
  /** Absent: the usual measures. */
  products?: number;
}

/** A call that cannot be understood; the message says why. */
export class UsageError extends Error {}

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const values = parsed(args);
  if (values.url !== undefined && !URL.canParse(values.url)) throw new UsageError("--url must be an address");
  if (values.url !== undefined && values.profile) throw new UsageError("--profile needs a shop of the bench's own");
  if (values.url !== undefined && values.cluster) throw new UsageError("--cluster needs shops of the bench's own");
  return {
    seconds: integer("seconds", values.seconds, SECONDS),
    windows: integer("windows", values.windows, WINDOWS),
    ...(values.url !== undefined && { url: values.url.replace(/\/+$/, "") }),
    staffEmail: values["staff-email"],
    staffPassword: values["staff-password"],
    profile: values.profile,
    cluster: values.cluster,
    ...(values.only !== undefined && { only: values.only }),
    ...(values.products !== undefined && { products: integer("products", values.products, MOST_PRODUCTS) }),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seconds: { type: "string", default: "5" },
        windows: { type: "string", default: "3" },
        url: { type: "string" },
        "staff-email": { type: "string", default: "admin@example.com" },
        "staff-password": { type: "string", default: "admin-password-1" },
        profile: { type: "boolean", default: false },
        cluster: { type: "boolean", default: false },
        only: { type: "string" },
        products: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function integer(name: string, text: string, maximum: number): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > maximum) throw new UsageError(`--${name} must be an integer from 1 to ${maximum}`);
  return value;
}

import { globSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Contract } from "#lib/contract/types.ts";

const SERVICES = join(import.meta.dirname, "../..");

/**
 * The contract of every service in the tree, whether it runs on this node or another: adding a service needs no line
 * here. Read with `require`, because routes are made while the service file itself is being required.
 */
export function loadContracts(): Contract[] {
  const require = createRequire(import.meta.url);
  return globSync("*/*/contract.ts", { cwd: SERVICES })
    .sort()
    .flatMap((file) => Object.values(require(join(SERVICES, file)) as Record<string, unknown>))
    .filter(isContract);
}

function isContract(value: unknown): value is Contract {
  return typeof value === "object" && value !== null && "actions" in value && "events" in value && "name" in value;
}

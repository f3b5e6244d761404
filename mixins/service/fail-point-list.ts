import { globSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { ServiceSchema } from "moleculer";
import { type FaultBoundaries, failPointsOf } from "#lib/fault-injection/fail-points.ts";

const SERVICES = join(import.meta.dirname, "../../services");

/** The names of the fail points of all services in the source tree, also of those that run on other nodes. */
export function allFailPoints(): string[] {
  const require = createRequire(import.meta.url);
  return globSync("*/*/*.service.ts", { cwd: SERVICES })
    .sort()
    .flatMap((file) => failPointsOfSchema((require(join(SERVICES, file)) as { default: ServiceSchema }).default));
}

/** The fail points of one service; none for a service without a database, such as the gateway. */
export function failPointsOfSchema({ name, metadata }: ServiceSchema): string[] {
  return metadata ? failPointsOf(name, metadata as unknown as FaultBoundaries) : [];
}

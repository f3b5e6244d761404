// node tools/chaos/fail-points.ts
// Prints the name of every fail point, for FAILPOINT=name:kill. The list is made from the services themselves: the
// events they publish and consume, what they commit, what they ask a provider for.
import { globSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { ServiceSchema } from "moleculer";
import { type Doings, failPointsOf } from "../../mixins/fail-points.ts";

const SERVICES = join(import.meta.dirname, "../../services");

/** The fail points of all services, whether or not they run on this node. */
export function allFailPoints(): string[] {
  const require = createRequire(import.meta.url);
  return globSync("*/*/*.service.ts", { cwd: SERVICES })
    .sort()
    .flatMap((file) => failPointsOfSchema((require(join(SERVICES, file)) as { default: ServiceSchema }).default));
}

/** The fail points of one service; none where nothing is kept, as in the gateway. */
export function failPointsOfSchema({ name, metadata }: ServiceSchema): string[] {
  return metadata ? failPointsOf(name, metadata as unknown as Doings) : [];
}

if (import.meta.main) process.stdout.write(`${allFailPoints().join("\n")}\n`);

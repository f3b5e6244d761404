// node tools/chaos/fail-points.ts
// Prints the name of every fail point, for FAILPOINT=name:kill. The list is made from the services themselves: the
// events they publish and consume, the actions and jobs that commit, the calls to an outside provider.
import { allFailPoints } from "#mixins/service/fail-point-list.ts";

process.stdout.write(`${allFailPoints().join("\n")}\n`);

import type { Journal } from "#tools/verify/journal.ts";
import { verify } from "#tools/verify/verify.ts";
import { type Cluster, NAMESPACE } from "./cluster.ts";
import { type Check, check } from "./fault.ts";

const GRACE_SECONDS = 2; // no work is pending: only a last acknowledgement may be under way

/** The result of `npm run verify` for the cluster, including every 2xx that a client received. */
export async function invariants({ postgres, images }: Cluster, { file }: Journal): Promise<Check[]> {
  const findings = await verify({
    server: postgres.url,
    namespace: NAMESPACE,
    images,
    graceSeconds: GRACE_SECONDS,
    journal: file,
  });
  const held = findings.filter(({ outcome }) => outcome === "holds");
  const checked = held.reduce((sum, finding) => sum + finding.checked, 0);
  const broken = findings.filter(({ outcome }) => outcome === "violated" || outcome === "unchecked");
  return [
    check(broken.length === 0, `${held.length} invariants hold, ${checked} rows looked at`),
    ...broken.map(({ invariant, says, violations, why, examples }) =>
      check(
        false,
        `${invariant}: ${why ?? `${violations} times not so: ${says}`} ${examples.map(({ id, wrong }) => `${id}: ${wrong}`).join("; ")}`,
      ),
    ),
  ];
}

// npm run verify [-- --grace 10] [--examples 5] [--strict] [--url http://127.0.0.1:3000] [--journal file]
// Checks the invariants of a running shop; changes nothing. Finds the data as the shop does: DATABASE_URL,
// DATABASE_LAYOUT and NAMESPACE, <SERVICE>_DATABASE_URL, or else the embedded server of DATA_DIR. The files of images are
// looked for where MEDIA_STORAGE says. With --url a sample is read through the gateway as well, by ADMIN_EMAIL and
// ADMIN_PASSWORD. With the secrets of payment providers their lists are compared, too. Ends with 0 when every invariant
// holds, 1 when one is broken, 2 when not everything could be read.
import { parseArgs } from "node:util";
import { demoAccounts } from "#config/demo.ts";
import { processEnv } from "#config/env.ts";
import { embeddedPostgresUrl } from "#lib/dev-postgres/embedded-postgres.ts";
import { StartupError } from "#lib/startup-error.ts";
import { realProviders } from "#services/commerce/payments/providers/configured.ts";
import { openStorage } from "#services/product/media/storage/open-storage.ts";
import { exitCodeOf, reportOf } from "./verify/report.ts";
import { EXAMPLES, GRACE_SECONDS, type VerifyOptions, verify } from "./verify/verify.ts";

const GRACE_MOST_SECONDS = 3_600;
const EXAMPLES_MOST = 1_000;

const USAGE =
  "Use: npm run verify [-- --grace <seconds> --examples <number> --strict --url <gateway> --journal <file>]";

function optionsFrom(args: readonly string[]): VerifyOptions {
  const { grace, examples, strict, url, journal } = parsed(args);
  const { DATABASE_URL, DATABASE_LAYOUT, DATA_DIR, NAMESPACE, ADMIN_EMAIL, ADMIN_PASSWORD, databaseUrls } =
    processEnv();
  const { email, password } = demoAccounts.staff;
  return {
    server: DATABASE_URL ?? embeddedPostgresUrl(DATA_DIR),
    namespace: NAMESPACE,
    layout: DATABASE_LAYOUT,
    databaseUrls,
    graceSeconds: number(grace, GRACE_SECONDS, GRACE_MOST_SECONDS),
    examples: number(examples, EXAMPLES, EXAMPLES_MOST),
    strict,
    ...(url && { api: { url, email: ADMIN_EMAIL ?? email, password: ADMIN_PASSWORD ?? password } }),
    ...(journal && { journal }),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        grace: { type: "string" },
        examples: { type: "string" },
        strict: { type: "boolean", default: false },
        url: { type: "string" },
        journal: { type: "string" },
      },
    }).values;
  } catch {
    throw new StartupError(USAGE);
  }
}

function number(text: string | undefined, otherwise: number, most: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isFinite(value) && value >= 0 && value <= most) return value;
  throw new StartupError(USAGE);
}

try {
  const options = optionsFrom(process.argv.slice(2));
  const images = await openStorage(processEnv());
  const providers = await realProviders(processEnv());
  const findings = await verify({ ...options, images, providers }).finally(() => images.close());
  console.log(reportOf(findings));
  process.exitCode = exitCodeOf(findings);
} catch (error) {
  console.error(
    error instanceof StartupError ? error.message : `verify: ${error instanceof Error ? error.message : error}`,
  );
  process.exitCode = 2;
}

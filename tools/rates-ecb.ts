// npm run rates:ecb -- FILE [--url http://127.0.0.1:3000] [--email …] [--password …]
// Sets the exchange rates of a file of the European Central Bank, eurofxref-daily.xml or eurofxref.csv, in a running shop, by
// `PUT /exchange-rates/EUR/{currency}`. Currencies that the shop does not know are left out. Run it each day after 16:00 CET.
// Signs in as ADMIN_EMAIL with ADMIN_PASSWORD unless told otherwise. Ends with 0 when all rates are set, 1 when not.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { demoAccounts } from "#config/demo.ts";
import { processEnv } from "#config/env.ts";
import { StartupError } from "#lib/startup-error.ts";
import { readReferenceRates } from "./rates/ecb-file.ts";

const ANSWER_MS = 15_000;
const USAGE = "Use: npm run rates:ecb -- <eurofxref file> [--url <gateway>] [--email <email>] [--password <password>]";

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

function optionsFrom(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: "string", default: "http://127.0.0.1:3000" },
        email: { type: "string" },
        password: { type: "string" },
      },
    });
    const [file, ...others] = positionals;
    if (file !== undefined && others.length === 0) return { file, ...values };
  } catch {} // an unknown option
  throw new StartupError(USAGE);
}

async function send(url: string, method: string, path: string, body: object, token?: string): Promise<Answer> {
  const response = await fetch(new URL(`/api/v1${path}`, url), {
    method,
    headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function main(): Promise<void> {
  const { ADMIN_EMAIL, ADMIN_PASSWORD } = processEnv();
  const demo = demoAccounts.staff;
  const { file, url, ...given } = optionsFrom(process.argv.slice(2));
  const email = given.email ?? ADMIN_EMAIL ?? demo.email;
  const password = given.password ?? ADMIN_PASSWORD ?? demo.password;
  const { day, rates } = readReferenceRates(await readFile(file, "utf8"));
  const login = await send(url, "POST", "/auth/staff/login", { email, password });
  if (login.status !== 200) throw new StartupError(`The login of ${email} was answered with ${login.status}.`);
  const unknown: string[] = [];
  for (const [currency, rate] of rates) {
    const set = await send(url, "PUT", `/exchange-rates/EUR/${currency}`, { rate }, String(login.body.accessToken));
    if (set.status === 422) unknown.push(currency);
    else if (set.status !== 200) throw new StartupError(`The rate of ${currency} was answered with ${set.status}.`);
  }
  const leftOut = unknown.length === 0 ? "" : ` The shop does not know ${unknown.join(", ")}.`;
  console.log(`${rates.size - unknown.length} rates of ${day} are set.${leftOut}`);
}

try {
  await main();
} catch (error) {
  console.error(
    error instanceof StartupError ? error.message : `rates:ecb: ${error instanceof Error ? error.message : error}`,
  );
  process.exitCode = 1;
}

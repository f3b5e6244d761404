// npm run events -- groups
// Looks after the events of a running shop, over its REST API, as a member of staff: what lags, what could not be applied,
// and what to do about it. ADMIN_EMAIL and ADMIN_PASSWORD sign in; without them the demo account does.
import { parseArgs } from "node:util";
import type { Static } from "typebox";
import { demoAccounts } from "#config/demo.ts";
import { processEnv } from "#config/env.ts";
import { limits } from "#config/limits.ts";
import { StartupError } from "#lib/startup-error.ts";
import { deadLettersTable, groupsTable } from "#mixins/broker/event-tables.ts";
import type { BackboneState, DeadLetterSummary } from "#mixins/service/event-admin-contract.ts";
import { type Ask, signedIn } from "./events/admin-api.ts";

const USAGE = `Use: npm run events -- [--url http://localhost:3000] <command>
  groups                     how the events of every service are doing
  dead-letters [group]       events that could not be applied, at most ${limits.PAGE_SIZE} of a group
  show <group> <event>       one of them, whole
  retry <group> <event>      applies it now
  discard <group> <event>    gives it up
  rewind <group> <to>        applies again what was applied since a time, or since "start"`;

type Groups = { groups: { group: string; state: Static<typeof BackboneState> | null }[] };
type Letters = { deadLetters: Static<typeof DeadLetterSummary>[] };

/** Each command with the arguments it needs, and what it says in the end. */
const commands: Record<
  string,
  { takes: [least: number, most: number]; run(ask: Ask, args: string[]): Promise<string> }
> = {
  groups: { takes: [0, 0], run: async (ask) => groupsTable((await ask<Groups>("GET", "/events/groups")).groups) },
  "dead-letters": { takes: [0, 1], run: deadLetters },
  show: { takes: [2, 2], run: async (ask, args) => JSON.stringify(await ask("GET", letter(args)), null, 2) },
  retry: { takes: [2, 2], run: (ask, args) => ask("POST", `${letter(args)}/retry`).then(() => "Applied.") },
  discard: { takes: [2, 2], run: (ask, args) => ask("DELETE", letter(args)).then(() => "Discarded.") },
  rewind: { takes: [2, 2], run: rewind },
};

async function deadLetters(ask: Ask, [only]: string[]): Promise<string> {
  const { groups } = await ask<Groups>("GET", "/events/groups");
  const wanted = only ? [only] : groups.filter(({ state }) => state?.deadLetters).map(({ group }) => group);
  const tables: string[] = [];
  for (const group of wanted) {
    const query = new URLSearchParams({ group, limit: String(limits.PAGE_SIZE) });
    tables.push(deadLettersTable(group, (await ask<Letters>("GET", `/events/dead-letters?${query}`)).deadLetters));
  }
  return tables.join("\n\n") || "None.";
}

async function rewind(ask: Ask, [group = "", to = ""]: string[]): Promise<string> {
  const { events } = await ask<{ events: number }>("POST", `/events/groups/${encodeURIComponent(group)}/rewind`, {
    to,
  });
  return `${events} events are applied again.`;
}

function letter([group = "", event = ""]: string[]): string {
  return `/events/dead-letters/${encodeURIComponent(group)}/${encodeURIComponent(event)}`;
}

/** The account that signs in. @throws StartupError when there is none */
function account(): { email: string; password: string } {
  const { ADMIN_EMAIL, ADMIN_PASSWORD, production } = processEnv();
  const demo = production ? undefined : demoAccounts.staff;
  const email = ADMIN_EMAIL ?? demo?.email;
  const password = ADMIN_PASSWORD ?? demo?.password;
  if (!email || !password) throw new StartupError("Set ADMIN_EMAIL and ADMIN_PASSWORD to a member of staff.");
  return { email, password };
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { url: { type: "string", default: `http://localhost:${processEnv().PORT}` } },
  });
  const [name = "", ...args] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command || args.length < command.takes[0] || args.length > command.takes[1]) throw new StartupError(USAGE);
  process.stdout.write(`${await command.run(await signedIn(values.url, account()), args)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

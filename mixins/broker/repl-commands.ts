import type { ServiceBroker } from "moleculer";
import { limits } from "#config/limits.ts";
import type { ActionName, CallParams, CallResult } from "#lib/contract/types.ts";
import { columns } from "#lib/text-table.ts";
import { deadLettersTable, groupsTable } from "./event-tables.ts";

/** Calls with the identity of an operator; see `operator.ts`. */
type Ask = <N extends ActionName>(name: N, params: CallParams<N>) => Promise<CallResult<N>>;
type Args = Record<string, string | undefined>;

/** A command of moleculer-repl. It prints the answer, or one line with the error. */
function command(usage: string, description: string, answer: (ask: Ask, args: Args) => Promise<string>) {
  return {
    command: usage,
    description,
    async action(broker: ServiceBroker, args: unknown): Promise<void> {
      const ask: Ask = (name, params) => broker.call(name, params, { meta: { $repl: true } });
      const text = await answer(ask, args as Args).catch(
        (error: unknown) => `${usage.split(" ")[0]}: ${String(error)}`,
      );
      process.stdout.write(`${text}\n`);
    },
  };
}

/** The commands of the REPL, besides Moleculer's own. */
export const replCommands = [
  command(
    "saga <orderId>",
    "Every step of an order, with its cause, its node and its number of attempts",
    async (ask, args) => {
      const { steps } = await ask("orders.timeline", { orderId: args.orderId ?? "" });
      return columns(
        ["#", "step", "status", "cause", "attempts", "service", "node", "at"],
        steps.map(({ version, step, toStatus, cause, attempts, service, node, at }) => [
          version,
          step,
          toStatus,
          cause,
          attempts,
          service,
          node,
          at,
        ]),
      );
    },
  ),
  command("lag", "Lag, unsent events and dead letters of every service", async (ask) => {
    const { groups } = await ask("events.groups", {});
    return groupsTable(groups);
  }),
  command("dead-letters [group]", "Events that could not be applied", async (ask, args) => {
    const { groups } = await ask("events.groups", {});
    const troubled = args.group
      ? [args.group]
      : groups.filter(({ state }) => state?.deadLetters).map(({ group }) => group);
    const tables = troubled.map(async (group) =>
      deadLettersTable(group, (await ask("events.deadLetters", { group, limit: limits.PAGE_SIZE })).deadLetters),
    );
    return (await Promise.all(tables)).join("\n\n") || "None.";
  }),
  command("rewind <group> <to>", "Has a group apply its events again, from `start` or a time", async (ask, args) => {
    const { events } = await ask("events.rewind", { group: args.group ?? "", to: args.to ?? "" });
    return `${events} events are applied again.`;
  }),
];

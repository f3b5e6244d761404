import type { REPLServer } from "node:repl";
import type { ServiceBroker } from "moleculer";

/**
 * moleculer-repl ends the process when its input ends. A developer who leaves the prompt with Ctrl-D, or starts `npm run dev`
 * without a terminal, expects the shop to run on; one who presses Ctrl-C twice, or enters `exit`, expects it to end.
 */
export function runOnWithoutRepl(broker: ServiceBroker): void {
  const startRepl = broker.repl.bind(broker) as () => REPLServer | undefined;
  broker.repl = () => {
    const server = startRepl();
    if (server) runOnAfterEndOfInput(server, (line) => broker.getLogger("node").info(line));
    return server;
  };
}

/** @param server whose last listener for `exit` ends the process */
export function runOnAfterEndOfInput(
  server: Pick<REPLServer, "on" | "off" | "listeners">,
  say: (line: string) => void,
): void {
  const endProcess = server.listeners("exit").at(-1) as () => void;
  server.off("exit", endProcess);
  let interrupted = false;
  server.on("SIGINT", () => {
    interrupted = true;
  });
  server.on("line", () => {
    interrupted = false;
  });
  server.on("exit", () => {
    if (interrupted) return endProcess();
    say("The REPL is closed, and the shop runs on. Ctrl-C ends it.");
  });
}

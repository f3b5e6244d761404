import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";

/** Who runs a child process; absent: whoever runs this one. */
export interface Identity {
  uid: number;
  gid: number;
}

/** How a child is asked to end. */
export type EndSignal = "SIGINT" | "SIGTERM";

// A shell waits in the background for the end of descriptor 3, whose other end only this process holds, and then asks
// the child, which has taken over the pid of the shell ($$), to end. It is reparented, so the child never sees it.
const TETHER = `((read -r _ <&3; kill -s "$0" $$) >/dev/null 2>&1 &); exec 3<&-; exec "$@"`;

/**
 * Starts a program that ends soon after this process does, however this process ends: exit, crash or SIGKILL.
 * It is detached from the terminal, so Ctrl-C reaches it only through this process.
 * It does not keep this process alive. A program that cannot be run shows as exit code 126 or 127.
 */
export function spawnSupervised(
  command: readonly string[],
  options: { signal: EndSignal; env: NodeJS.ProcessEnv; identity?: Identity | undefined; cwd?: string },
): ChildProcess {
  const child = spawn("/bin/sh", ["-c", TETHER, options.signal.slice("SIG".length), ...command], {
    env: options.env,
    cwd: options.cwd,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    ...options.identity,
  });
  const tether = child.stdio[3] as Socket;
  tether.on("error", () => {}); // the child is gone; its exit is what is acted on
  child.once("exit", () => tether.destroy());
  for (const stream of [tether, child.stdout as Socket, child.stderr as Socket]) stream.unref();
  child.unref();
  return child;
}

/** Resolves with true once the process has ended, with false after `ms`. */
export function hasExited(child: ChildProcess, ms: number): Promise<boolean> {
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  if (ended()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer);
      child.off("exit", settle);
      resolve(ended());
    };
    const timer = setTimeout(settle, ms);
    child.once("exit", settle);
  });
}

/** Asks a process to end with one signal after the other, waiting `ms` after each. */
export async function end(
  child: ChildProcess,
  steps: readonly { signal: NodeJS.Signals; ms: number }[],
): Promise<void> {
  for (const { signal, ms } of steps) {
    child.kill(signal);
    if (await hasExited(child, ms)) return;
  }
}

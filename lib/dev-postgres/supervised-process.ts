import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";

/** User and group of a child process. Absent: those of this process. */
export interface Identity {
  uid: number;
  gid: number;
}

/** The signal that ends the child. */
export type EndSignal = "SIGINT" | "SIGTERM";

// A shell in the background waits until descriptor 3 is closed. Only this process has its other end, so it is closed when
// this process ends. Then the shell sends the signal to the child, which has the pid of the first shell ($$). The shell
// is not a child of the program, which therefore does not have to wait for it.
const END_WITH_THIS_PROCESS = `((read -r _ <&3; kill -s "$0" $$) >/dev/null 2>&1 &); exec 3<&-; exec "$@"`;

/**
 * Starts a program that ends soon after this process ends, even by a crash or SIGKILL.
 * It is detached from the terminal, so that Ctrl-C reaches only this process. It does not keep this process alive.
 * If the program cannot be run, the exit code is 126 or 127.
 */
export function spawnSupervised(
  command: readonly string[],
  options: { signal: EndSignal; env: NodeJS.ProcessEnv; identity?: Identity | undefined; cwd?: string },
): ChildProcess {
  const child = spawn("/bin/sh", ["-c", END_WITH_THIS_PROCESS, options.signal.slice("SIG".length), ...command], {
    env: options.env,
    cwd: options.cwd,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    ...options.identity,
  });
  const lifeline = child.stdio[3] as Socket;
  lifeline.on("error", () => {}); // the child has ended; its event `exit` is what counts
  child.once("exit", () => lifeline.destroy());
  for (const stream of [lifeline, child.stdout as Socket, child.stderr as Socket]) stream.unref();
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

/** Sends one signal after the other until the process has ended, and waits `ms` after each. */
export async function end(
  child: ChildProcess,
  steps: readonly { signal: NodeJS.Signals; ms: number }[],
): Promise<void> {
  for (const { signal, ms } of steps) {
    child.kill(signal);
    if (await hasExited(child, ms)) return;
  }
}

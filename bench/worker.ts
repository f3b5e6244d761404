import { type ChildProcess, fork } from "node:child_process";

/** Longest a job may take beyond what it was asked to measure, in milliseconds. */
const GRACE_MS = 60_000;

type Reply<R> = { result: R } | { error: string };

/** A process of its own that does one job at a time, so that measuring and being measured do not share a thread. */
export class Worker<J extends { seconds?: number }, R> {
  readonly #child: ChildProcess;

  /** `module` is the worker's file, beside this one; `args` are its arguments. */
  constructor(module: string, args: readonly string[] = []) {
    // A profiler or debugger of this process is none of the worker's.
    this.#child = fork(`${import.meta.dirname}/${module}`, args, { serialization: "advanced", execArgv: [] });
  }

  /** @throws Error when the job fails, the worker dies, or no answer comes in time */
  ask(job: J): Promise<R> {
    return new Promise((resolve, reject) => {
      const settle = (settled: () => void): void => {
        clearTimeout(timer);
        this.#child.off("message", onMessage).off("exit", onExit);
        settled();
      };
      const onMessage = (reply: Reply<R>): void =>
        settle(() => ("error" in reply ? reject(new Error(reply.error)) : resolve(reply.result)));
      const onExit = (): void => settle(() => reject(new Error("a process of the bench ended")));
      const timer = setTimeout(
        () => settle(() => reject(new Error("a process of the bench does not answer"))),
        (job.seconds ?? 0) * 1_000 + GRACE_MS,
      );
      this.#child.on("message", onMessage).on("exit", onExit);
      this.#child.send(job);
    });
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.disconnect(); // it ends by itself, in order, when nobody can ask it any more
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), GRACE_MS / 4);
    await ended;
    clearTimeout(timer);
  }
}

/** The worker's side: answers every job, and calls `close` when the asking process has gone. */
export function answerJobs<J, R>(work: (job: J) => Promise<R>, close: () => Promise<void> | void = () => {}): void {
  process.on("message", (job: J) => {
    work(job).then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
    );
  });
  process.on("disconnect", () => {
    void (async () => {
      await close();
      process.exit();
    })();
  });
}

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Semaphore } from "#lib/sql/semaphore.ts";
import { mediaLimits } from "../domain/limits.ts";
import type { ImageOutcome, ImageWork } from "./image-work.ts";

const WORKER = new URL("./worker.ts", import.meta.url);

interface IdleProcess {
  child: ChildProcess;
  timer: NodeJS.Timeout;
}

/** Works on images in processes of their own: few at once, each for a bounded time. */
export class ImageProcesses {
  readonly #turns: Semaphore;
  readonly #idle: IdleProcess[] = [];
  readonly #busy = new Set<ChildProcess>();

  constructor({ atOnce = mediaLimits.IMAGE_PROCESSES, waiting = mediaLimits.IMAGES_WAITING } = {}) {
    this.#turns = new Semaphore(atOnce, mediaLimits.IMAGE_WAIT_MS, "Too many images are being made.", waiting);
  }

  /**
   * @returns undefined when the process has ended, by itself or because the time was up
   * @throws DomainError SERVICE_UNAVAILABLE when too many others wait
   */
  run(work: ImageWork, timeoutMs: number): Promise<ImageOutcome | undefined> {
    return this.#turns.run(() => this.#run(work, timeoutMs));
  }

  close(): void {
    for (const { child, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      child.kill("SIGKILL");
    }
    for (const child of this.#busy) child.kill("SIGKILL");
  }

  async #run(work: ImageWork, timeoutMs: number): Promise<ImageOutcome | undefined> {
    const child = this.#take();
    this.#busy.add(child);
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), timeoutMs);
    try {
      child.send(work);
      const answered = once(child, "message", over).then(([outcome]) => outcome as ImageOutcome);
      const ended = once(child, "exit", over).then(() => undefined);
      const outcome = await Promise.race([answered, ended]);
      if (outcome) this.#giveBack(child);
      return outcome;
    } catch {
      child.kill("SIGKILL");
      return undefined;
    } finally {
      clearTimeout(timer);
      over.abort(); // nobody listens to this process any more
      this.#busy.delete(child);
    }
  }

  #take(): ChildProcess {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      clearTimeout(idle.timer);
      if (idle.child.connected) return idle.child; // otherwise it has ended meanwhile
    }
    return start();
  }

  #giveBack(child: ChildProcess): void {
    const end = () => {
      this.#idle.splice(0, this.#idle.length, ...this.#idle.filter((idle) => idle.child !== child));
      child.kill("SIGKILL");
    };
    this.#idle.push({ child, timer: setTimeout(end, mediaLimits.PROCESS_IDLE_MS).unref() });
  }
}

function start(): ChildProcess {
  const child = fork(WORKER, {
    serialization: "advanced",
    execArgv: ["--no-warnings"],
    env: {},
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  child.on("error", () => child.kill("SIGKILL")); // it could not be started, or not be written to
  child.unref();
  child.channel?.unref();
  return child;
}

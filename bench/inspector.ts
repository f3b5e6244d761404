import type { CpuProfile } from "./profile.ts";

/** Longest an inspector may take to answer, in milliseconds; a profile of a minute is some megabytes. */
const ANSWER_MS = 30_000;
/** Between two samples of the profiler, in microseconds. */
const SAMPLE_MICROS = 250;

/** A connection to the inspector of another Node process. */
export class Inspector {
  readonly #socket: WebSocket;
  #calls = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Connects to the one of these processes that runs the shop: npm, which started it, has an inspector as well. */
  static async ofShop(addresses: readonly string[]): Promise<Inspector> {
    for (const address of addresses) {
      const socket = new WebSocket(address);
      await new Promise((resolve, reject) => {
        socket.addEventListener("open", resolve);
        socket.addEventListener("error", () => reject(new Error(`the inspector at ${address} does not answer`)));
      });
      const inspector = new Inspector(socket);
      const { result } = await inspector.#call<{ result: { value?: unknown } }>("Runtime.evaluate", {
        expression: "process.argv.join(' ')",
      });
      if (String(result.value).includes("moleculer-runner")) return inspector;
      inspector.close();
    }
    throw new Error("none of the processes of the shop could be inspected");
  }

  /** Profiles the process while `work` runs. */
  async profile(work: () => Promise<unknown>): Promise<CpuProfile> {
    await this.#call("Profiler.enable", {});
    await this.#call("Profiler.setSamplingInterval", { interval: SAMPLE_MICROS });
    await this.#call("Profiler.start", {});
    await work();
    const { profile } = await this.#call<{ profile: CpuProfile }>("Profiler.stop", {});
    await this.#call("Profiler.disable", {});
    return profile;
  }

  close(): void {
    this.#socket.close();
  }

  #call<R>(method: string, params: object): Promise<R> {
    this.#calls += 1;
    const id = this.#calls;
    return new Promise((resolve, reject) => {
      const settle = (settled: () => void): void => {
        clearTimeout(timer);
        this.#socket.removeEventListener("message", onMessage);
        settled();
      };
      const onMessage = ({ data }: MessageEvent): void => {
        const answer: { id?: number; result?: R; error?: { message: string } } = JSON.parse(String(data));
        if (answer.id !== id) return;
        settle(() => (answer.error ? reject(new Error(answer.error.message)) : resolve(answer.result as R)));
      };
      const timer = setTimeout(() => settle(() => reject(new Error(`${method} was not answered`))), ANSWER_MS);
      this.#socket.addEventListener("message", onMessage);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}

import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const UNUSED_MAC = "02:00:00:00:00:01"; // no network card has this address: packets to it are lost without an error
const PACKETS = ["toNode", "fromNode"] as const;

/** The direction in which packets get lost. */
export type Loss = (typeof PACKETS)[number];

/**
 * A network namespace that behaves like another machine: a process in it reaches this machine at `host` and nothing else.
 * Packets can be dropped in either direction without an error, as when a cable is pulled.
 */
export class Namespace {
  /** The address of this machine, as seen from inside. */
  readonly host: string;
  /** Put in front of a command, runs it inside. */
  readonly command: readonly string[];
  readonly #name: string;
  readonly #inside: string;
  readonly #remove = () => void spawnSync("ip", ["netns", "delete", this.#name]); // and the cable with it

  /** @throws Error when this process may not make network namespaces, which takes root on Linux, and iproute2 */
  static async create(): Promise<Namespace> {
    const namespace = new Namespace(process.pid);
    process.once("exit", namespace.#remove); // it would outlive the process
    await namespace.#build().catch((error: Error) => {
      namespace.remove();
      throw new Error(`A network of its own takes more rights, or iproute2: ${error.message}`);
    });
    return namespace;
  }

  private constructor(pid: number) {
    this.#name = `chaos-${pid}`;
    const net = `10.213.${pid % 256}`;
    this.host = `${net}.1`;
    this.#inside = `${net}.2`;
    this.command = ["ip", "netns", "exec", this.#name];
  }

  async lose(losses: readonly Loss[] = PACKETS): Promise<void> {
    for (const loss of losses) {
      const { namespace, peer, device } = this.#sender(loss);
      await ip(...namespace, "neigh", "replace", peer, "lladdr", UNUSED_MAC, "nud", "permanent", "dev", device);
    }
  }

  /** Stops dropping packets. */
  async heal(): Promise<void> {
    for (const loss of PACKETS) {
      const { namespace, peer, device } = this.#sender(loss);
      await ip(...namespace, "neigh", "flush", "to", peer, "dev", device, "nud", "permanent");
    }
  }

  remove(): void {
    process.off("exit", this.#remove);
    this.#remove();
  }

  async #build(): Promise<void> {
    const [outer, inner] = this.#cable();
    await ip("netns", "add", this.#name);
    await ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", this.#name);
    await ip("address", "add", `${this.host}/30`, "dev", outer);
    await ip("link", "set", outer, "up");
    await ip("-n", this.#name, "address", "add", `${this.#inside}/30`, "dev", inner);
    await ip("-n", this.#name, "link", "set", inner, "up");
    await ip("-n", this.#name, "link", "set", "lo", "up");
  }

  #cable(): [outer: string, inner: string] {
    return [`${this.#name}-o`, `${this.#name}-i`];
  }

  #sender(loss: Loss): { namespace: string[]; peer: string; device: string } {
    const [outer, inner] = this.#cable();
    if (loss === "toNode") return { namespace: [], peer: this.#inside, device: outer };
    return { namespace: ["-n", this.#name], peer: this.host, device: inner };
  }
}

async function ip(...words: string[]): Promise<void> {
  await run("ip", words);
}

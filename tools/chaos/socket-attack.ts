// node tools/chaos/socket-attack.ts --url http://127.0.0.1:3000 [--readers 500] [--writers 500] [--idle 2000] [--addresses 50]
// Holds sockets of a shop as somebody does who wants to close it: clients that never read what they asked for, clients that
// send a body byte by byte, and clients that send nothing. A socket that the shop closes is opened again. Ends at SIGTERM,
// and prints what the shop did with the sockets.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const BYTE_EVERY_MS = 5_000; // of a slow body
const AGAIN_MS = 1_000; // after which a closed socket is opened again
const READER_LIVES_MS = 12_000; // a client that never reads does not see that its socket was closed
const OPENED_AT_ONCE = 10; // about 1,000 a second: Node accepts one connection in each turn of its event loop
const PAUSE_MS = 10;
const ASKED_FOR = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: shop\r\n\r\n".repeat(4);
const BODY_BYTES = 100;
const BEGUN = [
  "POST /api/v1/auth/login HTTP/1.1",
  "Host: shop",
  "Content-Type: application/json",
  `Content-Length: ${BODY_BYTES}`,
  "\r\n",
].join("\r\n");

export interface AttackPlan {
  readers: number;
  writers: number;
  idle: number;
  /** 127.0.0.2 and the following ones: the shop may end all connections of those who make it hold the most. */
  addresses: number;
}

type Kind = "readers" | "writers" | "idle";

export interface AttackReport {
  opened: Record<Kind, number>;
  /** Closed by the shop, as far as the client sees it. */
  closed: Record<Kind, number>;
  /** Slow bodies that were answered with 408. */
  answered: number;
}

class SocketAttack {
  readonly #port: number;
  readonly #plan: AttackPlan;
  readonly #writers = new Set<Socket>();
  readonly report: AttackReport = {
    opened: { readers: 0, writers: 0, idle: 0 },
    closed: { readers: 0, writers: 0, idle: 0 },
    answered: 0,
  };

  constructor(url: string, plan: AttackPlan) {
    this.#port = Number(new URL(url).port);
    this.#plan = plan;
    setInterval(() => {
      for (const socket of this.#writers) socket.write("x");
    }, BYTE_EVERY_MS);
  }

  /** Opens all sockets. */
  async begin(): Promise<void> {
    const kinds = (["readers", "writers", "idle"] as const).flatMap((kind) => Array<Kind>(this.#plan[kind]).fill(kind));
    for (const [i, kind] of kinds.entries()) {
      void this.#hold(kind, `127.0.0.${2 + (i % this.#plan.addresses)}`);
      if (i % OPENED_AT_ONCE === 0) await sleep(PAUSE_MS);
    }
  }

  async #hold(kind: Kind, localAddress: string): Promise<void> {
    for (;;) {
      const socket = connect({ port: this.#port, host: "127.0.0.1", localAddress });
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.on("error", () => {}); // it is closed then
      socket.on("connect", () => {
        this.report.opened[kind] += 1;
        this.#use(socket, kind);
      });
      if (kind === "readers") await Promise.race([closed, sleep(READER_LIVES_MS)]);
      else await closed;
      if (socket.destroyed) this.report.closed[kind] += 1;
      socket.destroy();
      this.#writers.delete(socket);
      await sleep(AGAIN_MS);
    }
  }

  #use(socket: Socket, kind: Kind): void {
    if (kind === "readers") socket.pause().write(ASKED_FOR);
    else socket.resume();
    if (kind !== "writers") return;
    socket.write(BEGUN);
    this.#writers.add(socket);
    socket.on("data", (answer: Buffer) => {
      if (answer.includes("HTTP/1.1 408")) this.report.answered += 1;
    });
  }
}

/** An attack by a process of its own, so that it does not delay the measurements of this one. */
export class RunningAttack {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** @returns when all sockets were opened */
  static async start(url: string, { readers, writers, idle, addresses }: AttackPlan): Promise<RunningAttack> {
    const options = { url, readers, writers, idle, addresses };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = spawn(process.execPath, [import.meta.filename, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    const attack = new RunningAttack(child);
    const [first] = (await Promise.race([once(child.stdout, "data"), once(child, "exit")])) as [unknown];
    if (String(first) !== "begun\n") throw new Error("The attack ended before it had begun.");
    return attack;
  }

  async stop(): Promise<AttackReport> {
    const rest = this.#process.stdout ? text(this.#process.stdout) : Promise.resolve("");
    this.#process.kill("SIGTERM");
    return JSON.parse(await rest) as AttackReport;
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: "http://127.0.0.1:3000" },
      readers: { type: "string", default: "500" },
      writers: { type: "string", default: "500" },
      idle: { type: "string", default: "2000" },
      addresses: { type: "string", default: "50" },
    },
  });
  const attack = new SocketAttack(values.url, {
    readers: Number(values.readers),
    writers: Number(values.writers),
    idle: Number(values.idle),
    addresses: Number(values.addresses),
  });
  process.stdin.resume().once("end", () => process.exit(1)); // whoever started it has gone
  process.once("SIGTERM", () => process.stdout.write(`${JSON.stringify(attack.report)}\n`, () => process.exit(0)));
  await attack.begin();
  process.stdout.write("begun\n");
}

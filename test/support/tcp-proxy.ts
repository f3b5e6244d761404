import { once } from "node:events";
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** How the proxy treats the bytes that it forwards. */
interface Conditions {
  delayMs: number;
  /** Directions in which bytes, and the end of a connection, are lost. */
  vanishing: readonly Direction[];
  refusing: boolean;
  /** How many bytes of answers still pass before the connection that carries the next one is cut. */
  bytesLeft: number;
}

const KEEP_ALIVE_MS = 5_000;

type Direction = "toServer" | "toClient";

const HEALTHY: Conditions = { delayMs: 0, vanishing: [], refusing: false, bytesLeft: Number.POSITIVE_INFINITY };

/**
 * A proxy that can make the connections to a server slow, silent or broken while they are in use. Each method sets the
 * conditions for open and new connections, until the next method or `heal`.
 */
export class TcpProxy {
  readonly #target: NetConnectOpts;
  readonly #listener: Server;
  readonly #connections = new Set<Connection>();
  #conditions = HEALTHY;

  /**
   * @param target port and host, or path, as `net.connect` takes them
   * @param host where it listens
   */
  static async to(target: NetConnectOpts, host = "127.0.0.1"): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#listener.listen(0, host);
    await once(proxy.#listener, "listening");
    return proxy;
  }

  private constructor(target: NetConnectOpts) {
    this.#target = target;
    this.#listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Everything passes again. Connections that have lost bytes are reset, because the bytes after a gap would be
   * misread.
   */
  heal(): void {
    this.#conditions = HEALTHY;
    for (const connection of this.#connections) if (connection.damaged) connection.reset();
  }

  /** Delays everything by this time and keeps its order. */
  delay(ms: number): void {
    this.#conditions = { ...HEALTHY, delayMs: ms };
  }

  /** Loses everything without a reset, as with an unplugged cable or a firewall that lost its state. Connecting succeeds. */
  drop(): void {
    this.#conditions = { ...HEALTHY, vanishing: ["toServer", "toClient"] };
  }

  /** The bytes of clients arrive; the bytes of the server are lost. */
  halfOpen(): void {
    this.#conditions = { ...HEALTHY, vanishing: ["toClient"] };
  }

  /**
   * The open connections lose everything for ever, as when a firewall has lost its state; new ones work. The server
   * closes them after this time, as its keep-alives would do; clients must find out by themselves.
   */
  forget(serverNoticesMs: number): void {
    this.#conditions = HEALTHY;
    for (const connection of this.#connections) connection.forget(serverNoticesMs);
  }

  /** Resets every connection, and every new one until `heal`. */
  refuse(): void {
    this.#conditions = { ...HEALTHY, refusing: true };
    this.#resetAll();
  }

  /** Resets every connection; new ones work. */
  cut(): void {
    this.#conditions = HEALTHY;
    this.#resetAll();
  }

  /** Lets this many bytes of answers through, on all connections together, and resets the one that carries the next. */
  cutAfter(bytes: number): void {
    this.#conditions = { ...HEALTHY, bytesLeft: bytes };
  }

  async close(): Promise<void> {
    this.#resetAll();
    this.#listener.close();
    await once(this.#listener, "close");
  }

  #resetAll(): void {
    for (const connection of this.#connections) connection.reset();
  }

  #accept(client: Socket): void {
    if (this.#conditions.refusing) {
      client.on("error", () => {}).resetAndDestroy();
      return;
    }
    client.setKeepAlive(true, KEEP_ALIVE_MS); // as the server would do, because a client whose host is gone sends no end
    const server = connect({ ...this.#target, allowHalfOpen: true, noDelay: true } as NetConnectOpts);
    const connection = new Connection(client, server, {
      conditions: () => this.#conditions,
      passable: (bytes) => this.#passable(bytes),
      closed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }

  /** @returns how many of these bytes of an answer may pass */
  #passable(bytes: number): number {
    const passing = Math.min(bytes, this.#conditions.bytesLeft);
    const bytesLeft = this.#conditions.bytesLeft - passing;
    this.#conditions = passing < bytes ? HEALTHY : { ...this.#conditions, bytesLeft };
    return passing;
  }
}

interface ProxyState {
  conditions(): Conditions;
  passable(bytes: number): number;
  closed(): void;
}

/** One connection of a client, and the connection to the server that belongs to it. */
class Connection {
  /** Whether bytes were lost on it. */
  damaged = false;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #proxy: ProxyState;
  #forgotten = false;

  constructor(client: Socket, server: Socket, proxy: ProxyState) {
    this.#client = client;
    this.#server = server;
    this.#proxy = proxy;
    this.#forward(client, server, "toServer");
    this.#forward(server, client, "toClient");
  }

  reset(): void {
    this.#client.resetAndDestroy();
    reset(this.#server);
  }

  forget(serverNoticesMs: number): void {
    this.#forgotten = true;
    setTimeout(() => hangUp(this.#server), serverNoticesMs).unref();
  }

  #forward(from: Socket, to: Socket, direction: Direction): void {
    let earlier: Promise<unknown> = Promise.resolve();
    const pass = (act: () => void) => {
      const { delayMs, vanishing } = this.#proxy.conditions();
      if (this.#forgotten || vanishing.includes(direction)) this.damaged = true;
      else earlier = Promise.all([earlier, delayMs > 0 ? pause(delayMs) : undefined]).then(act);
    };
    from.on("data", (chunk: Buffer) => pass(() => this.#write(from, to, direction, chunk)));
    from.on("end", () => pass(() => to.end()));
    from.on("error", () => pass(() => reset(to)));
    from.on("close", () => {
      if (to.destroyed) this.#proxy.closed();
    });
  }

  #write(from: Socket, to: Socket, direction: Direction, chunk: Buffer): void {
    const passing = direction === "toClient" ? this.#proxy.passable(chunk.length) : chunk.length;
    if (passing < chunk.length) {
      // The connection is destroyed only after the bytes that may pass are written.
      to.write(chunk.subarray(0, passing), () => this.reset());
    } else if (!to.write(chunk)) {
      from.pause();
      to.once("drain", () => from.resume());
    }
  }
}

/** Only TCP has a reset; a Unix socket is closed. */
function reset(socket: Socket): void {
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

function hangUp(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy(); // a Unix socket has no reset
  }
}

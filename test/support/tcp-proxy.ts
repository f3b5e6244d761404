import { once } from "node:events";
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** What happens to bytes on their way. */
interface Weather {
  delayMs: number;
  /** Ways on which bytes, and the news that somebody hung up, vanish. */
  vanishing: readonly Way[];
  refusing: boolean;
  /** How many bytes of answers still pass before the connection that carries the next one is cut. */
  bytesLeft: number;
}

const KEEP_ALIVE_MS = 5_000;

type Way = "toServer" | "toClient";

const FAIR: Weather = { delayMs: 0, vanishing: [], refusing: false, bytesLeft: Number.POSITIVE_INFINITY };

/**
 * A way to a server that can be made slow, silent or broken while it is in use. Each method sets the weather from now
 * on, for open connections and new ones, until the next method or `heal`.
 */
export class TcpProxy {
  readonly #target: NetConnectOpts;
  readonly #listener: Server;
  readonly #connections = new Set<Connection>();
  #weather = FAIR;

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
   * Everything passes again. Connections that lost something meanwhile are reset: what came after the gap would be
   * taken for something else.
   */
  heal(): void {
    this.#weather = FAIR;
    for (const connection of this.#connections) if (connection.damaged) connection.reset();
  }

  /** Everything passes this much later, in its order. */
  delay(ms: number): void {
    this.#weather = { ...FAIR, delayMs: ms };
  }

  /** Everything vanishes, and nobody is told: a cable pulled, a firewall that forgot. Connecting seems to work. */
  drop(): void {
    this.#weather = { ...FAIR, vanishing: ["toServer", "toClient"] };
  }

  /** What clients say arrives, what the server says vanishes. */
  halfOpen(): void {
    this.#weather = { ...FAIR, vanishing: ["toClient"] };
  }

  /**
   * The connections there are hear nothing any more, for ever, as when a firewall has forgotten them; new ones get
   * through. The server gives them up after a while, as its keep-alives would have it; clients must notice themselves.
   */
  forget(serverNoticesMs: number): void {
    this.#weather = FAIR;
    for (const connection of this.#connections) connection.forget(serverNoticesMs);
  }

  /** Resets every connection, and every new one until `heal`. */
  refuse(): void {
    this.#weather = { ...FAIR, refusing: true };
    this.#resetAll();
  }

  /** Resets every connection; new ones get through. */
  cut(): void {
    this.#weather = FAIR;
    this.#resetAll();
  }

  /** Lets this many bytes of answers through, on all connections together, and resets the one that carries the next. */
  cutAfter(bytes: number): void {
    this.#weather = { ...FAIR, bytesLeft: bytes };
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
    if (this.#weather.refusing) {
      client.on("error", () => {}).resetAndDestroy();
      return;
    }
    client.setKeepAlive(true, KEEP_ALIVE_MS); // as the server would: a client whose host is gone does not say so
    const server = connect({ ...this.#target, allowHalfOpen: true, noDelay: true } as NetConnectOpts);
    const connection = new Connection(client, server, {
      weather: () => this.#weather,
      passable: (bytes) => this.#passable(bytes),
      closed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }

  /** How many of these bytes of an answer may pass. */
  #passable(bytes: number): number {
    const passing = Math.min(bytes, this.#weather.bytesLeft);
    const bytesLeft = this.#weather.bytesLeft - passing;
    this.#weather = passing < bytes ? FAIR : { ...this.#weather, bytesLeft };
    return passing;
  }
}

interface Road {
  weather(): Weather;
  passable(bytes: number): number;
  closed(): void;
}

/** A client, the server, and what passes between them. */
class Connection {
  /** Something vanished on it. */
  damaged = false;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #road: Road;
  #forgotten = false;

  constructor(client: Socket, server: Socket, road: Road) {
    this.#client = client;
    this.#server = server;
    this.#road = road;
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

  #forward(from: Socket, to: Socket, way: Way): void {
    let earlier: Promise<unknown> = Promise.resolve();
    const pass = (act: () => void) => {
      const { delayMs, vanishing } = this.#road.weather();
      if (this.#forgotten || vanishing.includes(way)) this.damaged = true;
      else earlier = Promise.all([earlier, delayMs > 0 ? pause(delayMs) : undefined]).then(act);
    };
    from.on("data", (chunk: Buffer) => pass(() => this.#write(from, to, way, chunk)));
    from.on("end", () => pass(() => to.end()));
    from.on("error", () => pass(() => reset(to)));
    from.on("close", () => {
      if (to.destroyed) this.#road.closed();
    });
  }

  #write(from: Socket, to: Socket, way: Way, chunk: Buffer): void {
    const passing = way === "toClient" ? this.#road.passable(chunk.length) : chunk.length;
    if (passing < chunk.length) {
      // Not destroyed before what may pass is out.
      to.write(chunk.subarray(0, passing), () => this.reset());
    } else if (!to.write(chunk)) {
      from.pause();
      to.once("drain", () => from.resume());
    }
  }
}

/** Only TCP knows a reset; a Unix socket is closed. */
function reset(socket: Socket): void {
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

function hangUp(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy(); // a Unix socket knows no reset
  }
}

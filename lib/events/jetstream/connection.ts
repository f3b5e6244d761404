import { setTimeout as pause } from "node:timers/promises";
import { connect, Events, type JetStreamClient, type JetStreamManager, type NatsConnection } from "nats";
import { limits } from "#config/limits.ts";

const RECONNECT_MS = 250;

/** The connection between two interruptions; after each reconnect there is another object. */
export interface Session {
  client: JetStreamClient;
  manager: JetStreamManager;
}

/** A connection to NATS that reconnects for ever, and reports when it is lost. */
export class JetStreamConnection {
  readonly #onLost: () => void;
  #connection: NatsConnection | undefined;
  #session: Session | undefined;
  #nextSession = newSessionPromise();
  /** What is being published, with the function that rejects it. */
  readonly #publishing = new Map<Promise<unknown>, (error: Error) => void>();

  constructor(onLost: () => void) {
    this.#onLost = onLost;
  }

  /** @param urls separated by commas */
  async open(urls: string, name: string): Promise<void> {
    const connection = await connect({
      servers: urls.split(","),
      name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      waitOnFirstConnect: true,
      ignoreAuthErrorAbort: true, // a server under repair may refuse every login for a while
      pingInterval: limits.NATS_PING_MS, // a host that loses its power does not close its connections
      timeout: limits.CONNECT_TIMEOUT_MS,
    });
    this.#connection = connection;
    const timeout = { timeout: limits.PUBLISH_TIMEOUT_MS };
    const session = {
      client: connection.jetstream(timeout),
      manager: await connection.jetstreamManager({ ...timeout, checkAPI: false }),
    };
    this.#begin(session);
    void this.#watch(connection, session);
  }

  /** The current session; undefined while the connection is lost. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Waits for a session while the connection is lost. */
  untilConnected(): Promise<Session> {
    return this.#nextSession.promise;
  }

  /** Rejects as soon as the connection is lost; the client itself would wait for its time-out. */
  whileConnected<T>(publishing: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#publishing.set(promise, reject);
    publishing.then(resolve, reject).finally(() => this.#publishing.delete(promise));
    return promise;
  }

  /** Resolves when the server has processed everything that was sent so far. */
  async flush(): Promise<void> {
    if (!this.#session) return; // the server closes everything that a lost connection had open
    const flushed = this.#connection?.flush().catch(() => undefined);
    await Promise.race([flushed, pause(limits.PUBLISH_TIMEOUT_MS, undefined, { ref: false })]);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#publishing.keys()); // bounded by PUBLISH_TIMEOUT_MS
    this.#nextSession.reject(new Error("This node stops."));
    await this.#connection?.close();
  }

  #begin(session: Session): void {
    this.#session = session;
    this.#nextSession.resolve(session);
  }

  async #watch(connection: NatsConnection, session: Session): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === Events.Disconnect) this.#end();
      if (type === Events.Reconnect) this.#begin({ ...session });
    }
  }

  #end(): void {
    if (!this.#session) return;
    this.#session = undefined;
    this.#nextSession = newSessionPromise();
    this.#onLost();
    for (const reject of this.#publishing.values()) reject(connectionLost());
  }
}

export function connectionLost(): Error {
  return new Error("The connection to NATS was lost.");
}

function newSessionPromise(): PromiseWithResolvers<Session> {
  const next = Promise.withResolvers<Session>();
  next.promise.catch(() => undefined); // it may be rejected while nothing waits for it
  return next;
}

import type { IncomingMessage, Server } from "node:http";
import type { Env } from "#config/env.ts";
import { addressKey } from "#lib/client-address.ts";
import type { Contract } from "#lib/contract/types.ts";
import { gatewayLimits } from "../domain/limits.ts";
import { clientAddress } from "../rest/request-headers.ts";
import { bodyLimits, hasBody } from "./body-limits.ts";
import { Connections } from "./connections.ts";
import type { GatewayResponse } from "./gateway-response.ts";
import type { Refusals } from "./refusals.ts";
import { RequestBodies } from "./request-bodies.ts";
import { UnreadResponses } from "./unread-responses.ts";

/**
 * Bounds what a client can take with sockets alone: connections, bodies that arrive slowly, and responses that are read
 * slowly. One interval looks at all of them, so that a request costs no timer.
 */
export class SocketGuard {
  readonly #refusals: Refusals;
  readonly #trustProxy: boolean;
  readonly #limitOf: (req: IncomingMessage) => number | undefined;
  readonly #connections: Connections;
  readonly #bodies: RequestBodies;
  readonly #unread: UnreadResponses;
  readonly #timer: NodeJS.Timeout;

  constructor(server: Server, env: Env, contracts: readonly Contract[], refusals: Refusals) {
    const count = refusals.count.bind(refusals);
    this.#refusals = refusals;
    this.#trustProxy = env.TRUST_PROXY === "on";
    this.#limitOf = bodyLimits(contracts);
    const perAddress = env.CONNECTIONS_PER_ADDRESS ?? gatewayLimits.CONNECTIONS_PER_ADDRESS;
    this.#connections = new Connections({ perAddress: this.#trustProxy ? undefined : perAddress, onRefused: count });
    this.#bodies = new RequestBodies(count);
    this.#unread = new UnreadResponses(count);
    server.on("connection", (socket) => this.#connections.add(socket));
    server.on("drop", (dropped) => count("connections", dropped?.remoteAddress));
    this.#timer = setInterval(() => this.#sweep(), gatewayLimits.SWEEP_MS).unref();
  }

  /** Watches whether the client reads the response, and stops sending its body once it is answered. */
  watch(req: IncomingMessage, res: GatewayResponse): void {
    res.onUnread = this.#unread.add;
    if (hasBody(req)) res.once("finish", () => endUnreadBody(req));
  }

  /**
   * Reads the body of a request, if it has one, to its `body`.
   * @throws DomainError as `RequestBodies.read`
   */
  async readBody(req: IncomingMessage & { body?: Buffer }, res: GatewayResponse): Promise<void> {
    const maxBytes = this.#limitOf(req);
    if (maxBytes === undefined) return;
    const body = await this.#bodies.read(req, maxBytes, addressKey(clientAddress(req, this.#trustProxy)));
    req.body = body;
    res.onceProcessed(() => this.#bodies.release(body.length));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sweep(): void {
    this.#bodies.sweep();
    this.#unread.sweep();
    this.#refusals.flush();
    this.#refusals.measure({
      connections: this.#connections.size,
      bodies: this.#bodies.bytes,
      unread: this.#unread.bytes,
    });
  }
}

/** Node reads the rest of a body that nobody wanted, however slowly it comes. */
function endUnreadBody(req: IncomingMessage): void {
  if (req.complete) return;
  const timer = setTimeout(() => req.destroy(), gatewayLimits.UNREAD_BODY_MS);
  req.once("close", () => clearTimeout(timer));
}

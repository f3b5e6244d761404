import type { Socket } from "node:net";
import { addressKey } from "#lib/client-address.ts";
import type { RefusalReason } from "./refusals.ts";

interface ConnectionsOptions {
  /** Open connections of one address; undefined when all connections come from a proxy. */
  perAddress: number | undefined;
  onRefused(reason: RefusalReason, address: string): void;
}

/** Bounds the connections of each address. The server itself bounds all of them. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #open = new Map<string, number>(); // by address
  #size = 0;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** Of all addresses. */
  get size(): number {
    return this.#size;
  }

  /** Counts a connection until it is closed, or closes it at once. */
  add(socket: Socket): void {
    const { perAddress = Number.POSITIVE_INFINITY, onRefused } = this.#options;
    const address = addressKey(socket.remoteAddress ?? "");
    const open = this.#open.get(address) ?? 0;
    if (open >= perAddress) {
      socket.destroy();
      onRefused("address_connections", address);
      return;
    }
    this.#open.set(address, open + 1);
    this.#size += 1;
    socket.once("error", (error: NodeJS.ErrnoException) => {
      const reason = reasonOf(error.code);
      if (reason) onRefused(reason, address);
    });
    socket.once("close", () => this.#remove(address));
  }

  #remove(address: string): void {
    this.#size -= 1;
    const left = (this.#open.get(address) ?? 0) - 1;
    if (left > 0) this.#open.set(address, left);
    else this.#open.delete(address);
  }
}

/** Why the server ended a connection; undefined when the client did. */
function reasonOf(code = ""): RefusalReason | undefined {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "request_late";
  const isHalf = code === "HPE_INVALID_EOF_STATE"; // the client went away in the middle of a request
  return code.startsWith("HPE_") && !isHalf ? "malformed" : undefined;
}

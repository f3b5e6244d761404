import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { addressKey } from "#lib/client-address.ts";
import { gatewayLimits } from "../domain/limits.ts";
import { type Holder, heaviest } from "./heaviest.ts";
import type { RefusalReason } from "./refusals.ts";

/** A connection whose client has not read all that was sent to it. */
interface Reader extends Holder {
  socket: Socket;
  /** When it was last seen to have read `READING_WINDOW_BYTES`, and what the kernel had taken by then. */
  since: number;
  taken: number;
}

export type UnreadBounds = Record<"READING_WINDOW_MS" | "READING_WINDOW_BYTES" | "UNREAD_BYTES", number>;

/**
 * The responses that clients do not read as fast as they are written. They are no load, but they take memory: a connection
 * is closed when its client reads too slowly, and the heaviest ones are when all of them hold too many bytes.
 */
export class UnreadResponses {
  readonly #bounds: UnreadBounds;
  readonly #onEnded: (reason: RefusalReason, address: string) => void;
  readonly #responses = new Set<ServerResponse>();
  #readers = new Map<Socket, Reader>();
  #bytes = 0;

  constructor(onEnded: (reason: RefusalReason, address: string) => void, bounds: UnreadBounds = gatewayLimits) {
    this.#onEnded = onEnded;
    this.#bounds = bounds;
  }

  /** What the last sweep found, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  readonly add = (res: ServerResponse): void => {
    this.#responses.add(res);
  };

  /** Closes the connections that exceed a bound. @param now milliseconds */
  sweep(now = performance.now()): void {
    if (this.#responses.size === 0 && this.#readers.size === 0) return;
    this.#readers = this.#unread(now);
    const { READING_WINDOW_MS, UNREAD_BYTES } = this.#bounds;
    for (const reader of this.#readers.values()) {
      if (now - reader.since >= READING_WINDOW_MS) this.#end(reader, "response_unread");
    }
    this.#bytes = 0;
    for (const { bytes } of this.#readers.values()) this.#bytes += bytes;
    if (this.#bytes <= UNREAD_BYTES) return;
    for (const reader of heaviest(this.#readers.values(), this.#bytes - UNREAD_BYTES))
      this.#end(reader, "responses_full");
  }

  /** Looks at all responses, and forgets those of which the kernel has taken everything. */
  #unread(now: number): Map<Socket, Reader> {
    const readers = new Map<Socket, Reader>();
    for (const res of this.#responses) {
      const { socket } = res.req;
      const bytes = res.writableLength;
      if (bytes === 0 || socket.destroyed) {
        this.#responses.delete(res);
        continue;
      }
      const reader = readers.get(socket) ?? this.#readerOf(socket, now);
      reader.bytes += bytes;
      readers.set(socket, reader);
    }
    return readers;
  }

  #readerOf(socket: Socket, now: number): Reader {
    const taken = takenByKernel(socket);
    const before = this.#readers.get(socket);
    const window = before && taken - before.taken < this.#bounds.READING_WINDOW_BYTES ? before : { since: now, taken };
    const { since } = window;
    return { socket, address: addressKey(socket.remoteAddress ?? ""), bytes: 0, since, taken: window.taken };
  }

  #end({ socket, address, bytes }: Reader, reason: RefusalReason): void {
    socket.destroy();
    this.#readers.delete(socket);
    this.#bytes -= bytes;
    this.#onEnded(reason, address);
  }
}

/**
 * How many bytes the kernel has taken in all. Node's public properties change only at the end of a write, which may be of
 * a megabyte; its handle knows how far the write has come.
 */
function takenByKernel(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { bytesWritten: number; writeQueueSize: number } | null };
  return handle ? handle.bytesWritten - handle.writeQueueSize : socket.bytesWritten - socket.writableLength;
}

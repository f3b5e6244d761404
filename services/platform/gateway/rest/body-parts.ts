import type { IncomingMessage } from "node:http";
import { DomainError } from "#lib/contract/errors.ts";
import type { PartsContract } from "#lib/contract/types.ts";
import { gatewayLimits } from "../domain/limits.ts";
import { GrowingBuffer } from "../overload/growing-buffer.ts";
import { fitsType } from "./accept.ts";

const NEWLINE = 0x0a;

export interface Part {
  bytes: Buffer;
  isLast: boolean;
}

/**
 * The media type of a body in parts, in lower case and without parameters.
 * @throws DomainError UNSUPPORTED_MEDIA_TYPE
 */
export function partsType(req: IncomingMessage, { types }: PartsContract): string {
  const [type = ""] = (req.headers["content-type"] ?? "").split(";", 1);
  const sent = type.trim().toLowerCase();
  if (!types.some((allowed) => fitsType(allowed, sent)))
    throw new DomainError("UNSUPPORTED_MEDIA_TYPE", `Send ${types.join(" or ")}.`);
  if ((req.headers["content-encoding"] ?? "identity") !== "identity")
    throw new DomainError("UNSUPPORTED_MEDIA_TYPE", "Compressed bodies are not supported.");
  return sent;
}

/**
 * The body of a request in parts. While a part is in use, at most one further part is read ahead; the rest waits with the
 * client. The last part may be empty, and is the only one that may be.
 */
export class BodyParts {
  readonly #req: IncomingMessage;
  readonly #contract: PartsContract;
  readonly #silenceMs: number;
  #ahead = new GrowingBuffer();
  #allBytes = 0;
  #ended = false;
  #failure: DomainError | undefined;
  #changed: () => void = () => {};

  /** @param silenceMs how long to wait for further bytes */
  constructor(req: IncomingMessage, contract: PartsContract, silenceMs: number = gatewayLimits.PARTS_SILENCE_MS) {
    this.#req = req;
    this.#contract = contract;
    this.#silenceMs = silenceMs;
    if (contract.bytes !== undefined && Number(req.headers["content-length"] ?? 0) > contract.bytes) this.#tooLong();
    req.on("data", (chunk: Buffer) => this.#add(chunk));
    req.on("end", () => {
      this.#ended = true;
      this.#changed();
    });
    for (const event of ["close", "error"])
      req.on(event, () => {
        if (!this.#ended) this.#fail(new DomainError("BAD_REQUEST", "The body ended early."));
      });
  }

  /**
   * The next part, when enough of it has arrived.
   * @throws DomainError BODY_TOO_LARGE, BODY_TOO_SLOW, or BAD_REQUEST when the client has gone away
   */
  async next(): Promise<Part> {
    for (;;) {
      if (this.#failure) throw this.#failure;
      const part = this.#take();
      if (part) return part;
      await this.#wait();
    }
  }

  /** Lets the rest of the body pass, so that the client sees the answer instead of a broken connection. */
  discard(): void {
    this.#req.removeAllListeners("data");
    this.#ahead = new GrowingBuffer();
    this.#req.resume();
  }

  #take(): Part | undefined {
    const { partBytes, lines, eager } = this.#contract;
    const isFull = this.#ahead.length > partBytes;
    if (!isFull && !this.#ended && !(eager && this.#ahead.length > 0)) return undefined;
    const all = this.#ahead.bytes();
    if (!isFull && this.#ended) return this.#cut(all, all.length, true);
    const most = Math.min(all.length, partBytes);
    const end = lines ? all.lastIndexOf(NEWLINE, most - 1) + 1 : most;
    if (end > 0) return this.#cut(all, end, false);
    if (isFull) throw new DomainError("BODY_TOO_LARGE", `A line has at most ${partBytes} bytes.`);
    return undefined;
  }

  #cut(all: Buffer, end: number, isLast: boolean): Part {
    const rest = all.subarray(end);
    this.#ahead = new GrowingBuffer(); // the bytes of the part stay as they are
    if (rest.length > 0) this.#ahead.append(rest);
    if (rest.length <= this.#contract.partBytes) this.#req.resume();
    return { bytes: all.subarray(0, end), isLast };
  }

  #add(chunk: Buffer): void {
    this.#allBytes += chunk.length;
    if (this.#contract.bytes !== undefined && this.#allBytes > this.#contract.bytes) {
      this.#tooLong();
      return;
    }
    this.#ahead.append(chunk);
    if (this.#ahead.length > this.#contract.partBytes) this.#req.pause();
    this.#changed();
  }

  #tooLong(): void {
    this.#fail(new DomainError("BODY_TOO_LARGE", `At most ${this.#contract.bytes} bytes.`));
  }

  #fail(failure: DomainError): void {
    this.#failure ??= failure;
    this.#changed();
  }

  async #wait(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#changed = resolve;
    const silent = setTimeout(() => this.#fail(new DomainError("BODY_TOO_SLOW")), this.#silenceMs);
    await promise;
    clearTimeout(silent);
  }
}

import { type IncomingMessage, ServerResponse } from "node:http";

/**
 * A response that tells when its request has been processed, and when a client does not read. A request has been processed
 * when its answer is complete: Node and the kernel hold the answer until the client has read it, and need nothing else for
 * that. Node's own events come later: `finish` when the kernel has all of the answer, and `close` when the client has gone
 * away, which does not end the processing of its request.
 */
export class GatewayResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  /** Called after each write of which the kernel has not taken everything at once. */
  onUnread: ((res: ServerResponse) => void) | undefined;
  #onProcessed: (() => void)[] | undefined;

  /** Calls a function once, when the answer is complete. */
  onceProcessed(call: () => void): void {
    if (this.writableEnded) call();
    else this.#onProcessed = [...(this.#onProcessed ?? []), call];
  }

  override write(...args: unknown[]): boolean {
    const isTaken = super.write(...(args as Parameters<ServerResponse["write"]>));
    if (this.writableLength > 0) this.onUnread?.(this);
    return isTaken;
  }

  override end(...args: unknown[]): this {
    super.end(...(args as Parameters<ServerResponse["end"]>));
    const calls = this.#onProcessed;
    this.#onProcessed = undefined;
    if (calls) for (const call of calls) call();
    if (this.writableLength > 0) this.onUnread?.(this);
    return this;
  }
}

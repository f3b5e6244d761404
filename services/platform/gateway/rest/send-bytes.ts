import type { IncomingMessage, ServerResponse } from "node:http";
import { type Bytes, bytesOf } from "#lib/contract/bytes.ts";
import { gatewayLimits } from "../domain/limits.ts";
import { contentOf, type StoredResponse, savedAs, sendStored, storedBody } from "./stored-response.ts";

const IMMUTABLE = "public, max-age=31536000, immutable";
const OWN = "private, no-cache";

/**
 * Sends an answer that is bytes, and gives one that never changes to `keep`. Of one in chunks the next is asked for when the
 * client has taken the one before.
 * @param more the chunk that follows
 */
export async function sendBytes(
  req: IncomingMessage,
  res: ServerResponse,
  first: Bytes,
  more: (next: string) => Promise<Bytes>,
  keep: (response: StoredResponse) => void = () => {},
): Promise<void> {
  const { type, fileName, immutable } = first;
  const { contentType, compressible } = contentOf(type);
  if (first.next === undefined) {
    const named = fileName === undefined ? {} : { fileName };
    const options = { ...named, compressible, cacheControl: immutable ? IMMUTABLE : OWN };
    const response = storedBody(bytesOf(first), contentType, options);
    if (immutable) keep(response);
    return sendStored(req, res, response);
  }
  res.writeHead(200, {
    "Content-Type": contentType,
    "Cache-Control": OWN,
    ...savedAs(fileName),
  });
  if (req.method === "HEAD") {
    res.end();
    return;
  }
  try {
    let chunk: Bytes | undefined = first;
    for (let chunks = 1; chunk && (await taken(res, bytesOf(chunk))); chunks++) {
      if (chunks > gatewayLimits.CHUNKS) throw new Error(`An answer has more than ${gatewayLimits.CHUNKS} chunks.`);
      chunk = chunk.next === undefined ? undefined : await more(chunk.next);
    }
    res.end();
  } catch (error) {
    res.destroy(); // the status is sent already: only a broken connection says that the rest is missing
    throw error;
  }
}

/** @returns false when the client has gone away, or has not read for too long */
async function taken(res: ServerResponse, bytes: Buffer): Promise<boolean> {
  if (res.closed || res.destroyed) return false;
  if (bytes.length === 0 || res.write(bytes)) return true;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const stalled = setTimeout(() => res.destroy(), gatewayLimits.CHUNK_STALL_MS);
  const drained = () => resolve(true);
  const closed = () => resolve(false);
  res.once("drain", drained).once("close", closed);
  const isTaken = await promise;
  clearTimeout(stalled);
  res.off("drain", drained).off("close", closed);
  return isTaken;
}

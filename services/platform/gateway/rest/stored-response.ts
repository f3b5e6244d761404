import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { acceptsGzip } from "./accept.ts";

/** A body that can be sent many times. Each of its two encodings has an ETag of its own, because their bytes differ. */
export interface StoredResponse {
  plain: Encoded;
  /** Absent when the body cannot be compressed, such as an image. */
  gzipped?: Encoded;
}

interface Encoded {
  body: Buffer;
  headers: Readonly<Record<"ETag" | "Cache-Control" | "Vary", string>>;
  contentHeaders: Readonly<Record<string, string>>;
}

const REVALIDATED = "public, max-age=0, must-revalidate";

/** The response that sends this value as JSON. @param vary request headers that it depends on, beside `Accept-Encoding` */
export function storedJson(value: unknown, vary: readonly string[] = []): StoredResponse {
  return storedBody(Buffer.from(JSON.stringify(value)), "application/json; charset=utf-8", {
    vary: ["Accept-Encoding", ...vary].join(", "),
  });
}

interface BodyOptions {
  /** How browsers and proxies may use it; absent: after asking. */
  cacheControl?: string;
  compressible?: boolean;
  /** The request headers that it depends on. */
  vary?: string;
  /** Under which a browser saves it. */
  fileName?: string;
}

/** The response that sends these bytes. */
export function storedBody(body: Buffer, contentType: string, options: BodyOptions = {}): StoredResponse {
  const { cacheControl = REVALIDATED, compressible = true, vary = "Accept-Encoding", fileName } = options;
  const hash = createHash("sha1").update(body).digest("base64url");
  const encoded = (bytes: Buffer, suffix: string, encoding: Record<string, string>): Encoded => {
    const headers = { ETag: `"${hash}${suffix}"`, "Cache-Control": cacheControl, Vary: vary };
    const content = { "Content-Type": contentType, "Content-Length": String(bytes.length), ...encoding };
    return { body: bytes, headers, contentHeaders: { ...headers, ...content, ...savedAs(fileName) } };
  };
  return {
    plain: encoded(body, "", {}),
    ...(compressible
      ? { gzipped: encoded(gzipSync(body, { level: 1 }), "-gzip", { "Content-Encoding": "gzip" }) }
      : {}),
  };
}

/** The `Content-Type` of bytes of this media type, and whether they can be compressed, which only text can. */
export function contentOf(type: string): { contentType: string; compressible: boolean } {
  const isText = /^text\/|[/+](xml|json)$/.test(type);
  return { contentType: isText ? `${type}; charset=utf-8` : type, compressible: isText };
}

/** Under which name a browser saves it. */
export function savedAs(fileName: string | undefined): Record<string, string> {
  return fileName === undefined ? {} : { "Content-Disposition": `inline; filename="${fileName}"` };
}

/** Sends a stored response in the encoding that the client accepts, or 304 when the client has it in any encoding. */
export function sendStored(req: IncomingMessage, res: ServerResponse, { plain, gzipped }: StoredResponse): void {
  const chosen = gzipped && acceptsGzip(req.headers["accept-encoding"]) ? gzipped : plain;
  const held = req.headers["if-none-match"];
  if (held && (names(held, plain) || (gzipped && names(held, gzipped)))) {
    res.writeHead(304, chosen.headers).end();
    return;
  }
  res.writeHead(200, chosen.contentHeaders).end(chosen.body);
}

/** Whether `If-None-Match` names this ETag, compared weakly as RFC 9110 demands. */
function names(ifNoneMatch: string, { headers }: Encoded): boolean {
  return ifNoneMatch.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === headers.ETag);
}

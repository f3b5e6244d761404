import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { DomainError } from "#lib/contract/errors.ts";
import { type StoredResponse, sendStored, storedBody } from "../rest/stored-response.ts";

const ASSETS = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const ASSET_TYPES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tradepost API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#reference", deepLinking: true, docExpansion: "none", tryItOutEnabled: true, persistAuthorization: true });\n`;

/**
 * What is sent at these paths, by file. Files of the package are read once, when they are first asked for. Every response
 * sends the same bytes, so that clients that read slowly take no memory of their own.
 */
const responses = new Map<string, Promise<StoredResponse>>([
  ["", Promise.resolve(storedBody(Buffer.from(PAGE), "text/html; charset=utf-8"))],
  ["start.js", Promise.resolve(storedBody(Buffer.from(START), "text/javascript; charset=utf-8"))],
]);

const DOCUMENTS = /^\/(?:(?:docs|problems)\/[^/?]*|docs|openapi\.json|asyncapi\.json)?(?:\?|$)/;

/** Whether a path is answered from memory: by the API reference, the documents that it shows, or the page of a problem. */
export function isDocument(url: string): boolean {
  return DOCUMENTS.test(url);
}

/** `GET /docs`: the API reference, from files of an npm package. Nothing is loaded from other hosts. */
export async function referencePage(req: IncomingMessage, res: ServerResponse): Promise<void> {
  res.setHeader("Content-Security-Policy", DOCS_POLICY);
  sendStored(req, res, await referenceResponse(""));
}

/** `GET /docs/:file` */
export async function referenceFile(
  req: IncomingMessage & { $params: { params?: { file?: string } } },
  res: ServerResponse,
): Promise<void> {
  sendStored(req, res, await referenceResponse(req.$params.params?.file ?? ""));
}

/** @throws DomainError NOT_FOUND */
function referenceResponse(file: string): Promise<StoredResponse> {
  const known = responses.get(file);
  if (known) return known;
  const type = Object.hasOwn(ASSET_TYPES, file) ? ASSET_TYPES[file] : undefined;
  if (!type) throw new DomainError("NOT_FOUND", "There is nothing at this path.");
  const response = readFile(join(ASSETS, file)).then((bytes) =>
    storedBody(bytes, type, { cacheControl: "public, max-age=86400", compressible: extname(file) !== ".png" }),
  );
  responses.set(file, response);
  return response;
}

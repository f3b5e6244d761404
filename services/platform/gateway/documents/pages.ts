import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { errorSpec } from "#lib/contract/errors.ts";
import { sendJson } from "../rest/respond.ts";

const ASSETS = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const ASSET_TYPES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css",
  "swagger-ui-bundle.js": "text/javascript",
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

/** `GET /docs`: the API reference, from files of an npm package. Nothing is loaded from other hosts. */
export function referencePage(_req: IncomingMessage, res: ServerResponse): void {
  res.setHeader("Content-Security-Policy", DOCS_POLICY);
  res.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(PAGE);
}

const files = new Map<string, Promise<Buffer>>(); // only of ASSET_TYPES

/** Every response sends the same buffer, so that clients that read slowly take no memory of their own. */
function bytesOf(file: string): Promise<Buffer> {
  const bytes = files.get(file) ?? readFile(join(ASSETS, file));
  files.set(file, bytes);
  return bytes;
}

/** `GET /docs/:file` */
export async function referenceFile(
  req: IncomingMessage & { $params: { params?: { file?: string } } },
  res: ServerResponse,
): Promise<void> {
  const file = req.$params.params?.file ?? "";
  if (file === "start.js") {
    res.writeHead(200, { "Content-Type": "text/javascript; charset=utf-8" }).end(START);
    return;
  }
  const type = Object.hasOwn(ASSET_TYPES, file) ? ASSET_TYPES[file] : undefined;
  if (!type)
    return sendJson(req, res, 404, { title: "Not found", status: 404, code: "NOT_FOUND" }, "application/problem+json");
  const bytes = await bytesOf(file);
  const charset = extname(file) === ".png" ? "" : "; charset=utf-8";
  res
    .writeHead(200, {
      "Content-Type": `${type}${charset}`,
      "Cache-Control": "public, max-age=86400",
      "Content-Length": bytes.length,
    })
    .end(bytes);
}

/** `GET /problems/:code`: status and title of a code. The `type` of every problem is such a path. */
export async function problemPage(
  req: IncomingMessage & { $params: { params?: { code?: string } } },
  res: ServerResponse,
): Promise<void> {
  const code = (req.$params.params?.code ?? "").toUpperCase().replaceAll("-", "_");
  const entry = errorSpec(code);
  await sendJson(
    req,
    res,
    entry ? 200 : 404,
    entry ? { code, ...entry } : { title: "Not found", status: 404, code: "NOT_FOUND" },
  );
}

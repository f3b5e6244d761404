import type { IncomingMessage, ServerResponse } from "node:http";
import { DomainError, errorSpec, helpFor } from "#lib/contract/errors.ts";
import { prefersHtml } from "../rest/accept.ts";
import { problemType } from "../rest/problem.ts";
import { send } from "../rest/respond.ts";

/**
 * `GET /problems/:code`: what a code means, and what to do about it. The `type` of every problem is such a path. Browsers
 * get a page, programs JSON.
 * @throws DomainError NOT_FOUND for a code that no contract declares
 */
export function problemPage(
  req: IncomingMessage & { $params: { params?: { code?: string } } },
  res: ServerResponse,
): void {
  const code = (req.$params.params?.code ?? "").toUpperCase().replaceAll("-", "_");
  const spec = errorSpec(code);
  if (!spec) throw new DomainError("NOT_FOUND", "No problem has this name.");
  const { status, title } = spec;
  const help = helpFor(spec);
  const [type, text] = prefersHtml(req.headers.accept)
    ? ["text/html", htmlPage({ code, status, title, help })]
    : ["application/json", JSON.stringify({ type: problemType(code), code, status, title, help })];
  send(res, 200, { "Content-Type": `${type}; charset=utf-8`, Vary: "Accept" }, Buffer.from(text));
}

function htmlPage({
  code,
  status,
  title,
  help,
}: Record<"code" | "title" | "help", string> & { status: number }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>The API answers with the status <strong>${status}</strong> and the code <code>${escapeHtml(code)}</code>.</p>
<h2>What to do</h2>
<p>${escapeHtml(help)}</p>
<p><a href="/docs">API reference</a></p>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

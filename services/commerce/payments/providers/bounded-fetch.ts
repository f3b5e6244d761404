import { paymentLimits } from "../domain/limits.ts";

/**
 * Sends JSON and reads a JSON object, at most `PROVIDER_ANSWER_BYTES` of it. Providers explain a refusal in the body of a
 * 4xx as well, so only the body decides.
 * @throws Error when there is no answer, none of JSON, or one of status 5xx
 */
export async function postJson(url: URL, body: object, signal: AbortSignal): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json; charset=utf-8" },
    body: JSON.stringify(body),
    redirect: "error",
    signal,
  });
  const text = await readText(response);
  if (response.status >= 500) throw new Error(`${url.host} answers with status ${response.status}.`);
  const answer: unknown = parsed(text, url);
  if (typeof answer !== "object" || answer === null) throw new Error(`${url.host} does not answer with an object.`);
  return answer as Record<string, unknown>;
}

/** The text at an address; undefined when the server knows none there. @throws Error when it does not answer */
export async function getText(url: URL, signal: AbortSignal): Promise<string | undefined> {
  const response = await fetch(url, { redirect: "error", signal });
  const text = await readText(response);
  if (response.status >= 500) throw new Error(`${url.host} answers with status ${response.status}.`);
  return response.ok ? text : undefined;
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > paymentLimits.PROVIDER_ANSWER_BYTES) throw new Error("The answer is too long.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string, url: URL): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${url.host} does not answer with JSON.`);
  }
}

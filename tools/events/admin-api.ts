import { limits } from "#config/limits.ts";
import { StartupError } from "#lib/startup-error.ts";

export type Ask = <T>(method: "GET" | "POST" | "DELETE", path: string, body?: object) => Promise<T>;

/**
 * Signs in to a shop as a member of staff, and asks with the token from then on.
 * @param url origin of the shop
 * @throws StartupError with one sentence, when there is no server, when it is not a shop, or when the shop refuses
 */
export async function signedIn(url: string, account: { email: string; password: string }): Promise<Ask> {
  if (!/^https?:/.test(url) || !URL.canParse(url))
    throw new StartupError(`--url: ${url} is not a URL, such as http://localhost:3000.`);
  let token: string | undefined;
  const ask: Ask = async <T>(method: string, path: string, body?: object) => {
    const response = await fetch(`${url.replace(/\/+$/, "")}/api/v1${path}`, {
      method,
      headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(limits.REQUEST_TIMEOUT_MS * 3),
    }).catch((error: unknown) => {
      throw new StartupError(`The shop does not answer at ${url}: ${String((error as Error).cause ?? error)}`);
    });
    const answer = objectIn(await response.text());
    if (!answer || (!response.ok && !isProblem(answer))) {
      const kind = response.headers.get("content-type") ?? "no content type";
      throw new StartupError(`${url} is not a Tradepost shop: it answers ${path} with ${response.status}, ${kind}.`);
    }
    if (!response.ok) throw new StartupError(sentenceOf(answer));
    return answer as T;
  };
  const { accessToken } = await ask<{ accessToken?: string }>("POST", "/auth/staff/login", account);
  if (!accessToken) throw new StartupError(`${url} is not a Tradepost shop: it answers a login without a token.`);
  token = accessToken;
  return ask;
}

/** The object in a JSON text; an empty text is an empty object. Undefined for anything else. */
function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = text === "" ? {} : JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

interface Problem {
  status: number;
  title: string;
  detail: string;
  errors?: readonly { path: string; message: string }[];
}

function isProblem(answer: Record<string, unknown>): boolean {
  return typeof answer.title === "string" && typeof answer.detail === "string" && typeof answer.code === "string";
}

/** A problem in one line. The detail of many problems only repeats their title. */
function sentenceOf(answer: object): string {
  const { status, title, detail, errors = [] } = answer as Problem;
  const repeats = detail.replace(/\.$/, "") === title;
  const fields = errors.map(({ path, message }) => ` ${path} ${message}.`).join("");
  return `${status} ${title}${repeats ? "." : `: ${detail}`}${fields}`;
}

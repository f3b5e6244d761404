import type { HttpClient, HttpRequest } from "#tools/replay/http.ts";
import { type Json, jsonObject } from "#tools/replay/json.ts";

/**
 * One call of the shop's API, without retries: a bench that waits and tries again measures its own retryPolicy.
 * @throws Error in one line when the answer is not a success
 */
export async function call(http: HttpClient, request: HttpRequest, token?: string): Promise<Json> {
  const headers = { ...request.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const { status, text } = await http.send({ ...request, headers });
  if (status >= 200 && status < 300) return jsonObject(text);
  const { code, detail, title } = jsonObject(text);
  throw new ApiError(
    status,
    `${request.method} ${request.path} answered ${status} ${code ?? ""} ${detail ?? title ?? ""}`,
  );
}

export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message.trimEnd());
    this.status = status;
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, Gateway, Request } from "./http.ts";
import { quantile } from "./quantile.ts";

/** One answer, or its absence (status 0). */
export interface Probe {
  status: number;
  ms: number;
  retryAfter: boolean;
  body: Answer["body"];
}

/** One request at one gateway, without a second try. */
export async function probe(gateway: Gateway, request: Request, timeoutMs = 10_000): Promise<Probe> {
  const began = performance.now();
  try {
    const { status, headers, body } = await gateway.send(request, timeoutMs);
    return { status, ms: performance.now() - began, retryAfter: headers["retry-after"] !== undefined, body };
  } catch {
    return { status: 0, ms: performance.now() - began, retryAfter: false, body: undefined };
  }
}

/** Whether a request was refused in time, with a status and a `Retry-After` that a client can act on. */
export function refusedProperly({ status, ms, retryAfter }: Probe, withinMs: number): boolean {
  return status === 503 && retryAfter && ms <= withinMs;
}

/** Sends a request again and again for a while. @returns every answer */
export async function probing(
  gateway: Gateway,
  request: () => Request,
  forMs: number,
  everyMs: number,
): Promise<Probe[]> {
  const probes: Probe[] = [];
  const until = performance.now() + forMs;
  while (performance.now() < until) {
    probes.push(await probe(gateway, request()));
    await sleep(everyMs);
  }
  return probes;
}

export function medianMs(probes: readonly { ms: number }[]): number {
  return quantile(
    probes.map(({ ms }) => ms),
    0.5,
  );
}

/** `201 ×12, 503 ×2, slowest 0.9 s` */
export function summary(probes: readonly Probe[]): string {
  const byStatus = Map.groupBy(probes, ({ status }) => status);
  const counts = [...byStatus]
    .sort(([a], [b]) => a - b)
    .map(([status, some]) => `${status || "no answer"} ×${some.length}`);
  return `${counts.join(", ")}, slowest ${(Math.max(0, ...probes.map(({ ms }) => ms)) / 1_000).toFixed(1)} s`;
}

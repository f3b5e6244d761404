/** The pause before the next attempt: the first one, doubled with each further attempt, up to a cap. */
export function backoffMs(attempts: number, bounds: { firstMs: number; capMs: number }): number {
  return Math.min(bounds.capMs, bounds.firstMs * 2 ** Math.min(attempts - 1, 30));
}

const FIXED_SHARE = 0.75;

/**
 * The pause before the next attempt: the first one, doubled with each further attempt, up to a cap. Up to a quarter of it is
 * left out by chance, so that what failed together is not tried again together.
 * @param random from 0 to 1
 */
export function backoffMs(
  attempts: number,
  bounds: { firstMs: number; capMs: number },
  random: () => number = Math.random,
): number {
  const pauseMs = Math.min(bounds.capMs, bounds.firstMs * 2 ** Math.min(attempts - 1, 30));
  return pauseMs * (FIXED_SHARE + (1 - FIXED_SHARE) * random());
}
